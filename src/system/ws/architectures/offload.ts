/**
 * A single loop whose inbound chain runs in a pool of threads. Work that computes then leaves the event loop alone,
 * but messages come back as their work ends: out of order, unless they are put back in order.
 */

import type { ChainPool } from '../chain-pool.ts';
import { OwnState } from '../connection-state.ts';
import type { InboundMessage } from '../inbound-frames.ts';
import { type Architecture, type ArchitectureParts, countInbound, type Sources } from './architecture.ts';
import { Loop, type Source } from './loop.ts';
import { writeFrom } from './single-loop.ts';

/** Messages of one connection that may be away at a time; then it is not read. */
const MAX_AWAY = 64;

export class Offload implements Architecture {
  readonly state = new OwnState();
  readonly sender: string;
  readonly writer: string;
  readonly process: Architecture['process'];
  readonly #parts: ArchitectureParts;
  readonly #pool: Pick<ChainPool, 'run'>;
  readonly #isSequenced: boolean;
  /** By their number; `undefined` stands for one that never came back. */
  readonly #back = new Map<number, InboundMessage | undefined>();
  #sent = 0;
  #applied = 0;
  #loop: Loop | undefined;
  #sources: Sources | undefined;
  #endTask: (() => void) | undefined;
  readonly #ended = new AbortController();
  #onHome: (() => void)[] = [];

  constructor(parts: ArchitectureParts, pool: Pick<ChainPool, 'run'>) {
    const { line, work } = parts;
    this.#parts = parts;
    this.#pool = pool;
    this.#isSequenced = line.settings.sequenced;
    this.sender = this.writer = `${line.name} loop`;
    this.process = work.runOutbound;
  }

  start(sources: Sources): void {
    const { line } = this.#parts;
    this.#sources = sources;
    this.#endTask = line.beginTask('ws.loop');
    const { select } = line.settings;
    this.#loop = new Loop([writeFrom(sources.outbound), this.#apply, this.#read], select, () => {
      if (this.#away < MAX_AWAY) sources.inbound.readOn();
    });
  }

  onInbound(): void {
    this.#loop?.wake();
  }

  onOutbound(): void {
    this.#loop?.wake();
  }

  async whenRead(): Promise<void> {
    await this.#loop?.whenIdle(); // it then has taken whatever it may take
    while (this.#away > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onHome.push(resolve);
      await promise;
      await this.#loop?.whenIdle();
    }
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#loop?.stop();
    this.#endTask?.();
  }

  get #away(): number {
    return this.#sent - this.#applied;
  }

  readonly #read: Source = () => {
    if (this.#away >= MAX_AWAY) return undefined;
    const frame = this.#sources?.inbound.take();
    if (frame === undefined) return undefined;
    if (frame.kind !== 'message') {
      this.#parts.work.answer(frame);
      return true;
    }
    const number = this.#sent++;
    void this.#pool.run(frame.data, this.#ended.signal).then(
      (data) => this.#comeBack(number, { ...frame, data }),
      () => this.#comeBack(number, undefined),
    );
    return true;
  };

  #comeBack(number: number, message: InboundMessage | undefined): void {
    this.#back.set(number, message);
    this.#loop?.wake();
  }

  readonly #apply: Source = () => {
    const [first] = this.#back.keys();
    const number = this.#isSequenced ? this.#applied : first;
    if (number === undefined || !this.#back.has(number)) return undefined;
    const message = this.#back.get(number);
    this.#back.delete(number);
    const applied = message === undefined ? undefined : this.#parts.work.apply(message);
    const finish = (): true => {
      this.#applied++;
      if (message !== undefined) countInbound(message, this.#parts.line);
      for (const resolve of this.#onHome.splice(0)) resolve();
      return true;
    };
    return applied instanceof Promise ? applied.then(finish) : finish();
  };
}
