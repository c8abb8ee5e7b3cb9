/** Sends receipts in batches: a thousand connections that end together are a few messages. */
import type { ClientReceipt } from '../core/samples.ts';

const MAX_BATCH = 200;
const MAX_DELAY_MS = 50;

export class ReceiptOutbox {
  readonly #send: (receipts: ClientReceipt[]) => void;
  #batch: ClientReceipt[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (receipts: ClientReceipt[]) => void) {
    this.#send = send;
  }

  push(receipt: ClientReceipt): void {
    this.#batch.push(receipt);
    if (this.#batch.length >= MAX_BATCH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), MAX_DELAY_MS);
  }

  /** Sends what waits, at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch.length === 0) return;
    const receipts = this.#batch;
    this.#batch = [];
    this.#send(receipts);
  }
}
