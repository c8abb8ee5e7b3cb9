/**
 * Properties of shapers, each as a check that answers what is wrong, or `undefined`. The tests play them on
 * what the registry has, the mutants on what is wrong on purpose.
 */
import { NS_PER_MS, NS_PER_SEC } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import type { EntryView } from '../../src/system/channel/entry.ts';
import type { DepartureGate, Shaper } from '../../src/system/shaping/shaper.ts';
import { Probe } from './probe.ts';
import { type Item, makeItem, Stream } from './stream.ts';

export const SEED = 4711;

export type MakeShaper = () => Shaper<Item>;

/** A stream through a probed shaper. */
export function openProbed(make: MakeShaper): { probe: Probe; stream: Stream } {
  const probe = new Probe(make());
  return { probe, stream: new Stream({ shapers: [probe] }) };
}

/** P11: at most one item per key is held, and what comes out last is what was offered last. */
export function checkLastValue(make: MakeShaper): string | undefined {
  const { probe, stream } = openProbed(make);
  const random = createRandom(SEED, 'last value');
  const last = new Map<string, number>();
  for (let id = 1; id <= 300; id++) {
    const key = `key ${random.int(5)}`;
    stream.offerAt(stream.nowMs + random.exponential(20), makeItem(id, key));
    last.set(key, id);
    if (probe.held.size > last.size) return `${probe.held.size} items held for ${last.size} keys`;
  }
  stream.runUntil(stream.nowMs + 60_000);
  for (const [key, id] of last) {
    const sent = probe.emissions.findLast((emission) => emission.key === key);
    if (sent?.id !== id) return `${key}: the last one offered was ${id}, the last one sent ${sent?.id}`;
  }
  return undefined;
}

/**
 * P23: a reader that goes away at any moment and resumes after the last id it saw misses nothing: whatever
 * is still held has a higher id. Without a longest wait, which may force an id out early.
 */
export function checkResumable(make: MakeShaper): string | undefined {
  const { probe, stream } = openProbed(make);
  const random = createRandom(SEED, 'resumable');
  let problem: string | undefined;
  // Called when an entry is emitted, with those that are to follow still held.
  const note = (id: number): void => {
    const older = [...probe.held].filter((entry) => entry.item.id < id).length;
    if (older > 0) problem ??= `${older} items below ${id} were still held when it was sent`;
  };
  probe.onEmit = note;
  for (let id = 1; id <= 200; id++) {
    const item = makeItem(id, `key ${random.int(10)}`);
    stream.offerAt(stream.nowMs + random.exponential(random.int(10) === 0 ? 800 : 20), item);
  }
  stream.runUntil(stream.nowMs + 60_000);
  return problem;
}

/** P2: never holds or remembers more than it says, whatever comes. */
export function checkBound(make: MakeShaper, maxHeld: number): string | undefined {
  const { probe, stream } = openProbed(make);
  for (let id = 1; id <= 1000; id++) stream.offerAt(id / 1000, makeItem(id, id));
  return probe.heldMax <= maxHeld ? undefined : `${probe.heldMax} items held, ${maxHeld} allowed`;
}

/** P15: nothing waits for longer than `maxMs`, even if nothing else comes. */
export function checkWait(make: MakeShaper, maxMs: number): string | undefined {
  const { probe, stream } = openProbed(make);
  const random = createRandom(SEED, 'waits');
  // Four seconds without a pause, then one now and then.
  for (let id = 1; id <= 600; id++) {
    const hasPause = id > 400 && random.int(10) === 0;
    stream.offerAt(stream.nowMs + random.exponential(hasPause ? 2000 : 10), makeItem(id));
  }
  stream.runUntil(stream.nowMs + 60_000);
  if (probe.emissions.length === 0) return 'nothing was sent';
  const longestMs = Math.max(...probe.emissions.map((one) => (one.atNs - one.sinceNs) / NS_PER_MS));
  return longestMs <= maxMs ? undefined : `an item waited for ${longestMs} ms, ${maxMs} allowed`;
}

/**
 * P24, where a replay comes in again: an id passes once and not again until `windowMs` after that; then it
 * does. Repetitions come all the time, also across the ends of windows.
 */
export function checkOncePerWindow(make: MakeShaper, windowMs: number): string | undefined {
  const { probe, stream } = openProbed(make);
  const random = createRandom(SEED, 'once');
  const acceptedMs = new Map<number, number>();
  for (let id = 1; id <= 2000; id++) {
    const key = random.int(40);
    const sent = probe.emissions.length;
    stream.offerAt(stream.nowMs + Math.ceil(random.exponential(windowMs / 100)), makeItem(id, key));
    const sinceMs = stream.nowMs - (acceptedMs.get(key) ?? Number.NEGATIVE_INFINITY);
    const isAccepted = probe.emissions.length > sent;
    if (isAccepted !== sinceMs >= windowMs) {
      return `id ${key} was ${isAccepted ? 'let through' : 'left out'} ${sinceMs} ms after it passed`;
    }
    if (isAccepted) acceptedMs.set(key, stream.nowMs);
  }
  return undefined;
}

/**
 * P25 for departures, in whole numbers: under backlog the n-th one after the first is due ⌈n·10⁹/rate⌉ ns
 * after it, not a nanosecond earlier or later, however many there are.
 */
export function checkDepartures(make: () => DepartureGate<Item>, ratePerSec: number): string | undefined {
  const gate = make();
  const head = {} as EntryView<Item>;
  let nowNs = 5 * NS_PER_SEC;
  for (let n = 0n; n < 20_000n; n++) {
    nowNs = Math.max(nowNs, gate.readyAtNs(head, nowNs));
    const rate = BigInt(ratePerSec);
    const exactNs = 5 * NS_PER_SEC + Number((n * BigInt(NS_PER_SEC) + rate - 1n) / rate);
    if (nowNs !== exactNs) return `departure ${n} at ${nowNs} ns instead of ${exactNs}`;
    gate.onTake(head, nowNs);
  }
  return undefined;
}
