/**
 * What must hold of an admission stage, each as a check that answers what is wrong, or `undefined`. Tests
 * play them on the real stages, the mutation score on wrong ones.
 */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Admission, LoadView } from '../../src/system/admission/admission.ts';
import block from '../../src/system/overflow/block.ts';
import { entryOf, IDLE, type Item, Lane, SEED } from './lane.ts';

type Make = () => Admission;

/** P25: at most b + rτ in every window of time that the clock has shown, also when it steps back and returns. */
export function findWindowProblem(create: Make, ratePerSec: number, burstItems: number): string | undefined {
  const random = createRandom(SEED, 'windows');
  for (let run = 0; run < 20; run++) {
    const bucket = create();
    const admittedNs: number[] = [];
    let nowNs = 1_000_000_000;
    let latestNs = 0;
    for (let i = 0; i < 400; i++) {
      const gap = random.int(10);
      nowNs += gap < 6 ? random.int(3e6) : gap < 9 ? random.int(40e6) : random.int(600e6);
      const back = random.int(4) === 0 ? random.int(200e6) : 0;
      latestNs = Math.max(latestNs, nowNs - back);
      if (bucket.admit(entryOf(i), IDLE, nowNs - back) === undefined) admittedNs.push(latestNs);
    }
    const excess = findExcess(admittedNs, ratePerSec, burstItems);
    if (excess !== undefined) return `P25 window: ${excess}`;
  }
  return undefined;
}

/** The first window with more than b + rτ, in whole numbers. */
function findExcess(admittedNs: readonly number[], ratePerSec: number, burst: number): string | undefined {
  for (let last = 0; last < admittedNs.length; last++) {
    for (let first = 0; first <= last; first++) {
      const count = last - first + 1;
      const windowNs = (admittedNs[last] as number) - (admittedNs[first] as number);
      if ((count - burst) * 1e9 > ratePerSec * windowNs) return `${count} in ${windowNs / 1e6} ms`;
    }
  }
  return undefined;
}

/** P25: under a lasting backlog exactly b + rτ come in, asked at every millisecond for ten seconds. */
export function findBacklogProblem(create: Make, ratePerSec: number, burstItems: number): string | undefined {
  const bucket = create();
  let admitted = 0;
  for (let ms = 0; ms <= 10_000; ms++) {
    for (let tries = 0; bucket.admit(entryOf(ms), IDLE, ms * 1e6) === undefined; tries++) {
      admitted++;
      if (tries > 100) return 'P25 backlog: no bound at all';
    }
  }
  const expected = burstItems + ratePerSec * 10;
  return admitted === expected ? undefined : `P25 backlog: ${admitted} admitted instead of ${expected}`;
}

/** P14: never more than `limit` under way, and each permit comes back once, however its item ends. */
export function findPermitProblem(create: Make, limit: number): string | undefined {
  const lane = new Lane(create());
  const first = lane.offer(1000);
  if (lane.pending > limit) return `P14: ${lane.pending} under way, limit ${limit}`;
  if (admittedIn(first) !== limit) return `P14: ${admittedIn(first)} of ${limit} permits given`;
  for (const how of ['delivered', 'failed', 'delivered', 'discarded', 'failed'] as const) {
    if (how === 'discarded') lane.channel.discardQueued('shutdown');
    else lane.end(how, limit);
    while (lane.flying.length > 0) lane.end('failed');
    lane.channel.discardQueued('shutdown');
    const again = lane.offer(1000);
    if (lane.pending > limit) return `P14: ${lane.pending} under way after ${how}, limit ${limit}`;
    if (admittedIn(again) !== limit) return `P14: ${admittedIn(again)} permits after all were ${how}`;
  }
  return lane.unaccounted === 0 ? undefined : 'P1: the ledger does not add up';
}

/** P14: an item in flight holds its permit as one in the queue does. */
export function findFlightProblem(create: Make, limit: number): string | undefined {
  const lane = new Lane(create());
  for (let i = 0; i < 3 * limit; i++) {
    lane.offer();
    lane.take();
    if (lane.pending > limit) return `P14: ${lane.pending} under way, limit ${limit}`;
  }
  return undefined;
}

/** P14: an offer that waits holds its permit, and gives it back when it is aborted. */
export async function findAbortProblem(create: Make, limit: number): Promise<string | undefined> {
  const lane = new Lane(create(), { overflow: block, capacityItems: 1 });
  const abort = new AbortController();
  const offers: unknown[] = [];
  for (let i = 0; i < 50; i++) offers.push(lane.channel.offer({ size: 1, class: 1 }, abort.signal));
  if (lane.pending !== limit) return `P14: ${lane.pending} under way with waiting offers, limit ${limit}`;
  abort.abort();
  await Promise.all(offers);
  const free = limit - lane.pending;
  let admitted = 0;
  for (let i = 0; i < 50; i++) if (lane.channel.offer({ size: 1, class: 1 }) !== 'dropped') admitted++;
  if (admitted !== free) return `P14: ${admitted} permits after an abort that freed ${free}`;
  return undefined;
}

/** P14: with the limit below what is under way nothing comes in until enough has ended. */
export function findShrinkProblem(create: Make): string | undefined {
  const admission = create();
  const lane = new Lane(admission);
  lane.offer(100);
  for (let round = 0; round < 60; round++) {
    lane.advanceMs(1);
    lane.end(round % 7 < 4 ? 'failed' : 'delivered');
    const before = lane.pending;
    lane.offer(3);
    const limit = admission.level as number;
    if (lane.pending > before && lane.pending > limit) {
      return `P14: ${before} grew to ${lane.pending} under way with a limit of ${limit}`;
    }
  }
  return undefined;
}

/** P14: `limit` of a thousand that come at the same moment are let in. */
export async function findBurstProblem(
  enter: () => boolean | Promise<boolean>,
  limit: number,
): Promise<string | undefined> {
  const answers = await Promise.all(Array.from({ length: 1000 }, () => enter()));
  const admitted = answers.filter(Boolean).length;
  return admitted === limit ? undefined : `P14: ${admitted} of a burst admitted, limit ${limit}`;
}

/** P14, P2: ten queues that share a budget never hold more than it, at any step. */
export function findMemoryProblem(create: Make, totalBytes: number): string | undefined {
  const clock = createVirtualClock();
  const shared = create();
  const lanes = Array.from({ length: 10 }, () => new Lane(shared, { clock }));
  const random = createRandom(SEED, 'memory');
  for (let step = 0; step < 2000; step++) {
    const lane = lanes[random.int(10)] as Lane;
    if (random.int(3) > 0) lane.offer(1, { size: 1 + random.int(900) });
    else lane.end(random.int(2) === 0 ? 'delivered' : 'failed');
    let held = 0;
    for (const { channel } of lanes) held += channel.bytes + channel.inFlightBytes;
    if (held > totalBytes) return `P14: ${held} bytes held, budget ${totalBytes}`;
  }
  return undefined;
}

/** P1: a gauge is increments minus decrements: never below zero, and zero when nothing is under way. */
export function findGaugeProblem(create: Make): string | undefined {
  const admission = create();
  const lane = new Lane(admission);
  lane.offer(20, { size: 1 });
  for (let i = 0; i < 20; i++) {
    lane.end('delivered');
    if ((admission.level as number) < 0) return `P1: the gauge shows ${admission.level}`;
  }
  return admission.level === 0 ? undefined : `P1: the gauge shows ${admission.level} when all have ended`;
}

/** P28: open admits none, half-open at most `probes`, for a breaker that opens for 100 ms after 4 failures. */
export function findBreakerProblem(create: Make, probes: number): string | undefined {
  const lane = new Lane(create());
  lane.offer(4);
  lane.end('failed', 4);
  for (let ms = 0; ms < 100; ms += 10) {
    if (lane.offer(20).includes('A')) return `P28: admitted after ${ms} ms of open`;
    lane.advanceMs(10);
  }
  for (let round = 0; round < 3; round++) {
    const admitted = admittedIn(lane.offer(50));
    if (admitted > probes) return `P28: ${admitted} admitted half-open, probes ${probes}`;
    if (admitted < probes) return `P28: ${admitted} probes given, not ${probes}`;
    lane.end('failed', probes);
    if (lane.offer(20).includes('A')) return 'P28: admitted after failed probes';
    lane.advanceMs(100);
  }
  lane.offer(50);
  lane.end('delivered', probes);
  return lane.offer(3) === 'AAA' ? undefined : 'P28: not closed after good probes';
}

/** What becomes of the level when the number of critical items under way follows `loads`, one per 100 ms. */
export function playLoads(create: Make, loads: readonly number[]): number[] {
  const stage = create();
  let nowNs = 0;
  let under = 0;
  return loads.map((load) => {
    nowNs += 100e6;
    for (; under < load; under++) stage.admit(entryOf(under, { class: 0 }), IDLE, nowNs);
    for (; under > load; under--) stage.onEnd?.(entryOf(under, { class: 0 }), 'delivered', 1, IDLE, nowNs);
    // Nothing changes, but time passes for the stage even where the load stays.
    stage.onResize?.(entryOf(0), 1, IDLE, nowNs);
    return stage.level as number;
  });
}

/** P29, for a limit of 1000 items and a dwell of 2 s: ±5 % around a threshold enter it once. */
export function findFlapProblem(create: Make): string | undefined {
  const loads = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 735 : 665));
  const changes = countChanges(playLoads(create, loads));
  return changes === 1 ? undefined : `P29: ${changes} changes of level at ±5 %`;
}

/** P29: whoever has entered a level stays in it for the dwell, whatever pressure does. */
export function findDwellProblem(create: Make): string | undefined {
  const random = createRandom(SEED, 'levels');
  for (let run = 0; run < 20; run++) {
    const levels = playLoads(create, randomLoads(random.int));
    for (const rung of [1, 2, 3]) {
      let enteredAt: number | undefined;
      for (const [at, level] of levels.entries()) {
        if (level >= rung) enteredAt ??= at;
        else if (enteredAt !== undefined) {
          if (at - enteredAt < 20) return `P29: level ${rung} left after ${(at - enteredAt) * 100} ms`;
          enteredAt = undefined;
        }
      }
    }
  }
  return undefined;
}

/** P29: where pressure is never lower, the level is never lower. */
export function findMonotoneProblem(create: Make): string | undefined {
  const random = createRandom(SEED, 'monotone');
  for (let run = 0; run < 40; run++) {
    const low = randomLoads(random.int);
    const high = low.map((load) => load + (random.int(3) === 0 ? random.int(400) : 0));
    const [lower, higher] = [playLoads(create, low), playLoads(create, high)];
    const at = lower.findIndex((level, i) => level > (higher[i] as number));
    if (at >= 0) return `P29: level ${lower[at]} at ${low[at]}, but ${higher[at]} at ${high[at]}`;
  }
  return undefined;
}

function randomLoads(int: (bound: number) => number): number[] {
  const loads: number[] = [];
  while (loads.length < 150) {
    const load = int(1050);
    for (let i = int(30); i >= 0; i--) loads.push(Math.max(0, load + int(41) - 20));
  }
  return loads;
}

function countChanges(levels: readonly number[]): number {
  return levels.filter((level, i) => level !== (levels[i - 1] ?? 0)).length;
}

function admittedIn(letters: string): number {
  return [...letters].filter((letter) => letter === 'A').length;
}

/** Enters like `enter` of a gate in front of a channel: true when the item was admitted. */
export function entranceOf(create: Make): () => boolean {
  const lane = new Lane(create());
  return () => lane.channel.offer({ size: 0, class: 1 } satisfies Item) !== 'dropped';
}

/** For checks of what a stage reads of the queue. */
export function loadOf(pendingItems: number, pendingBytes = 0): LoadView {
  return { pendingItems, pendingBytes, depthItems: pendingItems };
}
