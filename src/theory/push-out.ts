/**
 * How long the delivered waited in a full queue, by which item dies for the arriving one. Loss, throughput and
 * depth are those of M/M/1/K with K = B + 1 whoever dies (push-out invariance); only the wait differs.
 */
import { requireBelow, requirePositive, requireWhole } from './arguments.ts';
import { mm1k } from './single-server.ts';
import { stationaryOf } from './stationary.ts';

export type PushOut = 'drop-newest' | 'drop-oldest' | 'evict-newest';

/**
 * Wait of the delivered in seconds once the queue is always full (λ well above μ), B `room` in items:
 * drop-newest B/μ, drop-oldest B/λ, evict-newest (B−1)/μ + 1/λ. Any service law that does not depend on the
 * item. Range: λ > μ. Near λ = μ use {@link pushOutWaitSec}: the queue is not always full there.
 */
export function saturatedWaitSec(
  policy: PushOut,
  arrivalsPerSec: number,
  servicesPerSec: number,
  room: number,
): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  requirePositive('room', room);
  requireBelow('servicesPerSec', servicesPerSec, 'arrivalsPerSec', arrivalsPerSec);
  if (policy === 'drop-newest') return room / servicesPerSec;
  if (policy === 'drop-oldest') return room / arrivalsPerSec;
  return (room - 1) / servicesPerSec + 1 / arrivalsPerSec;
}

/**
 * The same exactly, at any load: Poisson arrivals, exponential service, in order of arrival, B `room` in items.
 * drop-newest by Little's law, Lq/X. The others by following one item: with `a` before it and `b` behind it, a
 * service moves it up, an arrival adds one behind it while there is room; in a full queue an arrival removes the
 * head (drop-oldest: the item moves up, or is the one that dies) or the youngest (evict-newest: the item dies if
 * nothing is behind it). `a` never grows and `b` never shrinks, so one sweep solves it; O(B²).
 */
export function pushOutWaitSec(
  policy: PushOut,
  arrivalsPerSec: number,
  servicesPerSec: number,
  room: number,
): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  requireWhole('room', room, 1);
  if (policy === 'drop-newest') return mm1k(arrivalsPerSec, servicesPerSec, room + 1).waitSec;
  const fates = fatesOf(policy, arrivalsPerSec, servicesPerSec, room);
  const load = arrivalsPerSec / servicesPerSec;
  const found = stationaryOf(room + 1, () => load);
  // Who finds the server idle is served at once.
  let served = found[0] as number;
  let waitedSec = 0;
  for (let n = 1; n <= room + 1; n++) {
    // In a full queue one dies before it joins, so it has one fewer before it.
    const before = Math.min(n, room) - 1;
    served += (found[n] as number) * (fates.served[before] as number);
    waitedSec += (found[n] as number) * (fates.waitedSec[before] as number);
  }
  return waitedSec / served;
}

/**
 * Wait of the delivered in seconds under lifo + drop-oldest in lasting overload: 1/(λ−μ). Assumes a queue long
 * enough never to lose an item that would still be served, (μ/λ)^B ≪ 1. Range: λ > μ.
 */
export function lifoWaitSec(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  requireBelow('servicesPerSec', servicesPerSec, 'arrivalsPerSec', arrivalsPerSec);
  return 1 / (arrivalsPerSec - servicesPerSec);
}

/** Loss in lasting overload, whatever the policy and the capacity: 1 − μ/λ. Range: λ > μ. */
export function saturatedLossRatio(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  requireBelow('servicesPerSec', servicesPerSec, 'arrivalsPerSec', arrivalsPerSec);
  return 1 - servicesPerSec / arrivalsPerSec;
}

interface Fates {
  /** By the number before it: whether an item that just joined is served, … */
  readonly served: Float64Array;
  /** … and the time it waits, counted only if it is. */
  readonly waitedSec: Float64Array;
}

function fatesOf(
  policy: 'drop-oldest' | 'evict-newest',
  arrivalsPerSec: number,
  servicesPerSec: number,
  room: number,
): Fates {
  const stepSec = 1 / (arrivalsPerSec + servicesPerSec);
  const up = servicesPerSec * stepSec;
  const arrival = arrivalsPerSec * stepSec;
  const joined: Fates = { served: new Float64Array(room), waitedSec: new Float64Array(room) };
  // Of the item with one fewer before it, by the number behind.
  let servedAhead = new Float64Array(room + 1).fill(1);
  let waitedAhead = new Float64Array(room + 1);
  for (let before = 0; before < room; before++) {
    const servedHere = new Float64Array(room + 1);
    const waitedHere = new Float64Array(room + 1);
    const last = room - 1 - before;
    for (let behind = last; behind >= 0; behind--) {
      let servedNext = 0;
      let waitedNext = 0;
      let stays = 0;
      if (behind < last) {
        servedNext = servedHere[behind + 1] as number;
        waitedNext = waitedHere[behind + 1] as number;
      } else if (policy === 'drop-oldest' && before > 0) {
        servedNext = servedAhead[behind + 1] as number;
        waitedNext = waitedAhead[behind + 1] as number;
      } else if (policy === 'evict-newest' && behind > 0) {
        stays = arrival;
      }
      const served = (up * (servedAhead[behind] as number) + arrival * servedNext) / (1 - stays);
      const waited = up * (waitedAhead[behind] as number) + arrival * waitedNext;
      servedHere[behind] = served;
      // Each step lasts `stepSec` on average, and counts for those that are served in the end.
      waitedHere[behind] = (waited + stepSec * served) / (1 - stays);
    }
    joined.served[before] = servedHere[0] as number;
    joined.waitedSec[before] = waitedHere[0] as number;
    servedAhead = servedHere;
    waitedAhead = waitedHere;
  }
  return joined;
}

function checkRates(arrivalsPerSec: number, servicesPerSec: number): void {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
}
