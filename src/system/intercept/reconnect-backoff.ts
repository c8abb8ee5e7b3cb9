/** When to connect again to a stream that broke: pure, the pipe waits. */
import type { InterceptSettings } from '../../core/plan.ts';
import type { Random } from '../../core/random.ts';

/** An upstream that asks for less waiting than this makes a storm of itself. */
const MIN_FIRST_MS = 100;

/**
 * Attempt n comes after `first · 2^(n−1)`, at most `maxMs`, times 1 ± jitter (uniform). `first` is `firstMs`
 * until the upstream says `retry:`, which is honoured from 100 ms on, or from `firstMs` where that is shorter.
 */
export class ReconnectBackOff {
  readonly #settings: InterceptSettings['reconnect'];
  readonly #random: Random;
  #firstMs: number;
  #attempts = 0;

  constructor(settings: InterceptSettings['reconnect'], random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.#firstMs = settings.firstMs;
  }

  /** Milliseconds until the next attempt; `undefined` when they are used up. */
  next(): number | undefined {
    const { attempts, maxMs, jitter } = this.#settings;
    if (this.#attempts >= attempts) return undefined;
    const baseMs = Math.min(maxMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts++;
    return baseMs * (1 + jitter * (2 * this.#random.next() - 1));
  }

  /** The stream has gone on: all attempts are left again. */
  succeed(): void {
    this.#attempts = 0;
  }

  /** The upstream's `retry:`. */
  setFirst(retryMs: number): void {
    this.#firstMs = Math.max(retryMs, Math.min(MIN_FIRST_MS, this.#settings.firstMs));
  }
}
