/** P26: when CoDel drops, and when it must not. */

import { createVirtualClock, type VirtualClock } from '../../src/core/clock.ts';
import codel from '../../src/system/aqm/codel.ts';
import type { Channel } from '../../src/system/channel/channel.ts';
import { type AqmMaking, type Job, MS, openQueue } from '../scheduling/queue.ts';

const TARGET_MS = 5;
const INTERVAL_MS = 100;

/** A queue and the times in ms at which something was dropped from it. */
export class Watched {
  readonly clock: VirtualClock = createVirtualClock();
  readonly droppedMs: number[] = [];
  readonly channel: Channel<Job>;
  private nextId = 1;

  constructor(aqm: AqmMaking = codel) {
    this.channel = openQueue({
      aqm,
      clock: this.clock,
      channel: {
        onEnd: (_job, end) => {
          if (end === 'dropped') this.droppedMs.push(this.nowMs);
        },
      },
    });
  }

  get nowMs(): number {
    return this.clock.nowNs() / MS;
  }

  offer(count: number): void {
    for (let i = 0; i < count; i++) this.channel.offer({ id: this.nextId++, class: 1, flow: 0, size: 1 });
  }

  /** Takes one item every `everyMs` until `untilMs`. */
  takeUntil(untilMs: number, everyMs = 1): void {
    while (this.nowMs < untilMs) {
      this.clock.advanceNs(everyMs * MS);
      this.takeOne();
    }
  }

  takeOne(): Job | undefined {
    const job = this.channel.tryTake();
    if (job !== undefined) this.channel.delivered(job);
    return job;
  }
}

/** t₀, t₀ + I/√k, t₀ + I/√k + I/√(k+1) …, each at the next whole ms. */
export function lawMs(firstMs: number, count: number, firstCount = 1): number[] {
  const times = [firstMs];
  let nextMs = firstMs;
  for (let k = firstCount; times.length < count; k++) {
    nextMs += INTERVAL_MS / Math.sqrt(k);
    times.push(Math.ceil(nextMs - 1e-9));
  }
  return times;
}

export function findLawProblem(aqm: AqmMaking): string | undefined {
  const problem =
    findStandingProblem(aqm) ??
    // The next drop would have been due at 607.1 ms, and dropping begins 105 ms after the pause.
    findResumeProblem(aqm, 10 * INTERVAL_MS, 'resumes') ??
    findResumeProblem(aqm, 1502, 'resumes') ??
    findResumeProblem(aqm, 1503, 'begins anew') ??
    findBelowProblem(aqm) ??
    findLastProblem(aqm) ??
    findExitProblem(aqm);
  return problem && `P26 ${problem}`;
}

/** A standing queue: the first drop one interval after the wait reached target, the others by the law. */
function findStandingProblem(aqm: AqmMaking): string | undefined {
  const queue = new Watched(aqm);
  queue.offer(5000);
  queue.takeUntil(2500);
  return differ(
    'a standing queue',
    queue.droppedMs,
    lawMs(TARGET_MS + INTERVAL_MS, queue.droppedMs.length),
    100,
  );
}

/** Below target for a moment, and above again: within 16 intervals the rate goes on, later it does not. */
function findResumeProblem(aqm: AqmMaking, pauseMs: number, what: string): string | undefined {
  const queue = new Watched(aqm);
  queue.offer(2000);
  queue.takeUntil(600);
  const { length } = queue.droppedMs;
  while (queue.takeOne() !== undefined);
  queue.clock.advanceNs(pauseMs * MS);
  const startMs = queue.nowMs;
  const before = queue.droppedMs.length;
  queue.offer(2000);
  queue.takeUntil(startMs + 400);
  const first = startMs + TARGET_MS + INTERVAL_MS;
  const count = what === 'resumes' ? length - 1 : 1;
  return differ(what, queue.droppedMs.slice(before), lawMs(first, queue.droppedMs.length - before, count), 3);
}

/** Waits that touch zero once per interval are no standing queue. */
function findBelowProblem(aqm: AqmMaking): string | undefined {
  const queue = new Watched(aqm);
  for (let burst = 0; burst < 50; burst++) {
    queue.offer(90);
    queue.takeUntil((burst + 1) * 91);
  }
  return queue.droppedMs.length === 0 ? undefined : `dropped ${queue.droppedMs.length} below target`;
}

/** An item that waits long, but is alone at the end, is no queue. */
function findLastProblem(aqm: AqmMaking): string | undefined {
  const queue = new Watched(aqm);
  for (let i = 0; i < 20; i++) {
    queue.offer(2);
    queue.clock.advanceNs(10 * MS);
    if (queue.takeOne() === undefined) return 'dropped within the first interval';
    queue.clock.advanceNs(150 * MS);
    if (queue.takeOne() === undefined) return 'dropped the only item';
  }
  return undefined;
}

/** One item below target ends the dropping at once; the next one comes after a whole interval above it. */
function findExitProblem(aqm: AqmMaking): string | undefined {
  const queue = new Watched(aqm);
  queue.offer(500);
  queue.takeUntil(400);
  queue.offer(1000);
  for (let job = queue.takeOne(); job !== undefined && job.id <= 500; ) job = queue.takeOne();
  const { length } = queue.droppedMs;
  const nextMs = queue.nowMs + TARGET_MS + INTERVAL_MS;
  queue.takeUntil(nextMs);
  return differ('after a wait below target', queue.droppedMs.slice(length), [nextMs], 1);
}

function differ(
  what: string,
  actual: readonly number[],
  expected: readonly number[],
  least: number,
): string | undefined {
  if (actual.length < least) return `${what}: ${actual.length} drops`;
  const at = actual.findIndex((ms, index) => ms !== expected[index]);
  return at < 0 ? undefined : `${what}: drop ${at + 1} at ${actual[at]} ms, expected ${expected[at]}`;
}
