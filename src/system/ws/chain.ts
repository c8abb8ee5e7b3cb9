/** A chain of middlewares: what each of them costs a message. */
import { monotonicMs, NS_PER_MS } from '../../core/clock.ts';
import type { ChainSettings } from '../../core/plan.ts';
import type { Pauses } from './pauses.ts';

export class Chain {
  readonly #settings: ChainSettings;
  readonly #pauses: Pauses;

  constructor(settings: ChainSettings, pauses: Pauses) {
    this.#settings = settings;
    this.#pauses = pauses;
  }

  get length(): number {
    return this.#settings.middlewares;
  }

  /** Whether a message is held up at all. */
  get hasWork(): boolean {
    return this.#settings.workMs > 0 && this.#settings.middlewares > 0;
  }

  /** Through `middlewares` of them, one after another. A promise only where others go on meanwhile. */
  run(middlewares: number): void | Promise<void> {
    if (!this.hasWork || middlewares <= 0) return;
    const { workMs, work } = this.#settings;
    const shareNs = (workMs * NS_PER_MS) / this.#settings.middlewares;
    if (work === 'compute') return compute(shareNs * middlewares);
    return this.#await(shareNs, middlewares);
  }

  /** Deadlines are absolute, so that timers' slips do not add up. */
  async #await(shareNs: number, middlewares: number): Promise<void> {
    const startNs = this.#pauses.clock.nowNs();
    for (let passed = 1; passed <= middlewares; passed++)
      await this.#pauses.until(startNs + passed * shareNs);
  }
}

/** Occupies the calling thread; by its own clock, since virtual time would stand still meanwhile. */
export function compute(ns: number): void {
  const untilMs = monotonicMs() + ns / NS_PER_MS;
  while (monotonicMs() < untilMs);
}
