import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS, type VirtualClock } from '../../src/core/clock.ts';
import { type DueSource, Pacer, type PacerTimers } from '../../src/load/pacer.ts';

/** Timers on a virtual clock: `run` moves time from one to the next; wake-ups may be made late. */
class FakeTimers implements PacerTimers {
  readonly waitsMs: number[] = [];
  soonCount = 0;
  #clock: VirtualClock;
  #pending: { atNs: number; run: () => void } | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  after(delayMs: number, run: () => void): unknown {
    this.waitsMs.push(delayMs);
    this.#pending = { atNs: this.#clock.nowNs() + delayMs * NS_PER_MS, run };
    return this.#pending;
  }

  soon(run: () => void): unknown {
    this.soonCount++;
    this.#pending = { atNs: this.#clock.nowNs(), run };
    return this.#pending;
  }

  cancel(handle: unknown): void {
    if (this.#pending === handle) this.#pending = undefined;
  }

  get isIdle(): boolean {
    return this.#pending === undefined;
  }

  /** Fires what is pending, `lateMs` after its time. */
  step(lateMs = 0): void {
    const { atNs, run } = this.#pending as { atNs: number; run: () => void };
    this.#pending = undefined;
    this.#clock.advanceNs(Math.max(0, atNs + lateMs * NS_PER_MS - this.#clock.nowNs()));
    run();
  }
}

/** Due at the given milliseconds; notes when each was taken. */
class ListSource implements DueSource {
  readonly isArrival: boolean;
  readonly takenMs: number[] = [];
  readonly #dueMs: number[];
  readonly #log: string[];
  readonly #name: string;

  constructor(name: string, dueMs: number[], log: string[] = [], isArrival = true) {
    this.#name = name;
    this.#dueMs = [...dueMs];
    this.#log = log;
    this.isArrival = isArrival;
  }

  get dueNs(): number {
    return (this.#dueMs[0] ?? Number.POSITIVE_INFINITY) * NS_PER_MS;
  }

  take(nowNs: number): void {
    this.#log.push(`${this.#name}${this.#dueMs.shift()}`);
    this.takenMs.push(nowNs / NS_PER_MS);
  }
}

function setUp(sources: DueSource[]) {
  const clock = createVirtualClock();
  const timers = new FakeTimers(clock);
  const lateMs: number[] = [];
  const onLateness = (dueNs: number, takenUpNs: number) => lateMs.push((takenUpNs - dueNs) / NS_PER_MS);
  const pacer = new Pacer({ clock, sources, timers, onLateness });
  return { clock, timers, lateMs, pacer };
}

describe('pacer', () => {
  it('takes work up at its due time and waits no longer than needed', () => {
    const source = new ListSource('a', [0, 3, 3.5, 10]);
    const { timers, pacer } = setUp([source]);
    pacer.start();
    while (!timers.isIdle) timers.step();
    expect(source.takenMs).toEqual([0, 3, 4, 10]);
    expect(timers.waitsMs).toEqual([3, 1, 6]);
  });

  it('after a stall takes up everything missed with its own due time and records how late', () => {
    const source = new ListSource('a', [1, 2, 3, 4, 60]);
    const { timers, lateMs, pacer } = setUp([source]);
    pacer.start();
    timers.step(49); // woken at 50 instead of 1
    expect(source.takenMs).toEqual([50, 50, 50, 50]);
    expect(lateMs).toEqual([49, 48, 47, 46]);
    timers.step();
    expect(lateMs.at(-1)).toBe(0);
  });

  it('merges sources by due time, the earlier source first where they are equal', () => {
    const log: string[] = [];
    const { timers, pacer } = setUp([
      new ListSource('a', [1, 5], log),
      new ListSource('b', [1, 2, 5], log),
      new ListSource('c', [0, 5], log),
    ]);
    pacer.start();
    while (!timers.isIdle) timers.step();
    expect(log).toEqual(['c0', 'a1', 'b1', 'b2', 'a5', 'b5', 'c5']);
  });

  it('does at most 128 things a turn and lets sockets have theirs in between', () => {
    const source = new ListSource(
      'a',
      Array.from({ length: 300 }, () => 0),
    );
    const { timers, pacer } = setUp([source]);
    pacer.start();
    expect(source.takenMs).toHaveLength(128);
    timers.step();
    timers.step();
    expect(source.takenMs).toHaveLength(300);
    expect(timers.soonCount).toBe(2);
  });

  it('leaves the lateness of what is no arrival out', () => {
    const { timers, lateMs, pacer } = setUp([new ListSource('a', [1], [], false)]);
    pacer.start();
    timers.step(5);
    expect(lateMs).toEqual([]);
  });

  it('takes nothing up after stop, not even the rest of a batch', () => {
    const log: string[] = [];
    const source = new ListSource('a', [0, 0, 9], log);
    const stopping: DueSource = {
      dueNs: 0,
      isArrival: true,
      take() {
        pacer.stop();
      },
    };
    const { timers, pacer } = setUp([stopping, source]);
    pacer.start();
    expect(log).toEqual([]);
    expect(timers.isIdle).toBe(true);
  });

  it('takes up what is due in the midst of other work when it is polled, a few at a time and once each', () => {
    const source = new ListSource('a', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 50]);
    const { clock, timers, lateMs, pacer } = setUp([source]);
    pacer.start();
    clock.advanceNs(20 * NS_PER_MS);
    pacer.poll();
    expect(source.takenMs).toEqual([0, 20, 20, 20, 20, 20, 20, 20, 20]);
    pacer.poll();
    pacer.poll();
    expect(source.takenMs).toHaveLength(10);
    expect(lateMs.at(-1)).toBe(11);
    while (!timers.isIdle) timers.step();
    expect(source.takenMs.at(-1)).toBe(50);
    pacer.stop();
    pacer.poll();
    expect(source.takenMs).toHaveLength(11);
  });
});
