/** Permission to send, given by the receiving side in batches: back-pressure as a protocol. */
import { BenchError } from '../../core/errors.ts';

export interface CreditOptions {
  /** Items that may be on their way at most: sent and not yet done with. */
  readonly window: number;
  /** The receiving side grants again once so many are done with; at most `window`. Default half of it, rounded up. */
  readonly batch?: number;
}

/**
 * The window is granted at the start and returns in batches. A batch above the window would never be full: the
 * sender would stand still for ever, so it is refused.
 *
 * Errors: BPB_ERR_STRATEGY for a window or a batch that is no whole number in its range.
 */
export class Credits {
  readonly window: number;
  readonly batch: number;
  /** Items that may be sent now. */
  available: number;
  granted: number;
  sent = 0;
  private done = 0;

  constructor({ window, batch = Math.ceil(window / 2) }: CreditOptions) {
    const problem = findCreditProblem(window, batch);
    if (problem !== undefined) throw new BenchError('BPB_ERR_STRATEGY', problem);
    this.window = window;
    this.batch = batch;
    this.available = window;
    this.granted = window;
  }

  spend(): void {
    this.available--;
    this.sent++;
  }

  /** One item is done with, however it ended; true when that grants a batch. */
  settle(): boolean {
    this.done++;
    if (this.done < this.batch) return false;
    this.done -= this.batch;
    this.available += this.batch;
    this.granted += this.batch;
    return true;
  }
}

/** What is wrong with a window and a batch, as one sentence; `undefined` when nothing is. */
export function findCreditProblem(window: number, batch: number): string | undefined {
  if (!Number.isSafeInteger(window) || window < 1) {
    return `window must be a whole number of items, 1 or more, got ${String(window)}`;
  }
  if (!Number.isSafeInteger(batch) || batch < 1) {
    return `batch must be a whole number of items, 1 or more, got ${String(batch)}`;
  }
  if (batch > window) {
    return `batch must be at most the window: ${batch} items are never done with while only ${window} may be sent`;
  }
  return undefined;
}
