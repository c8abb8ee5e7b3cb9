/** Redraws of a screen on which something is pending: chains of ticks, each of which starts the next of its chain. */
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import type { ConsumerSettings } from '../../core/plan.ts';
import { Ring } from '../channel/ring.ts';

export const TICK_MS = 20;

export class TickChains {
  ticks = 0;
  readonly #isGuarded: boolean;
  readonly #costMs: number;
  readonly #clock: Clock;
  readonly #spend: (ms: number) => void;
  /** When each chain is due. All wait equally long, so the order in which they were set is that in which they are due. */
  readonly #due = new Ring<undefined>();

  /** `spend` holds up everything for so many milliseconds: the work of one redraw. */
  constructor(
    { ticks, tickCostMs }: Pick<ConsumerSettings, 'ticks' | 'tickCostMs'>,
    clock: Clock,
    spend: (ms: number) => void,
  ) {
    this.#isGuarded = ticks === 'one';
    this.#costMs = tickCostMs;
    this.#clock = clock;
    this.#spend = spend;
  }

  get chains(): number {
    return this.#due.length;
  }

  /** Infinity without any. */
  get nextNs(): number {
    return this.#due.length === 0 ? Number.POSITIVE_INFINITY : this.#due.headTag();
  }

  /** Something came in while something was pending. */
  start(): void {
    if (!this.#isGuarded || this.#due.length === 0) this.#arm();
  }

  /** The tick that is due next; its chain goes on while something is pending. Answers its cost in nanoseconds. */
  tick(isPending: boolean): number {
    this.#due.shift();
    this.ticks++;
    if (this.#costMs > 0) this.#spend(this.#costMs);
    if (isPending) this.#arm();
    return this.#costMs * NS_PER_MS;
  }

  #arm(): void {
    this.#due.push(undefined, this.#clock.nowNs() + TICK_MS * NS_PER_MS);
  }
}

/** Keeps the processor busy for `ms` milliseconds, and everybody else waiting. */
export function createBusyWait(clock: Clock): (ms: number) => void {
  return (ms) => {
    const untilNs = clock.nowNs() + ms * NS_PER_MS;
    while (clock.nowNs() < untilNs);
  };
}
