/** What single policies promise, as checks that answer what is wrong: for the tests, and for their mutants. */
import fc from 'fast-check';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { type Item, makeItem, Probe } from './probe.ts';
import { settle } from './schedules.ts';

export interface Offer {
  readonly take: boolean;
  readonly class: number;
  readonly key: string;
  readonly bytes: number;
}

export const playOffers: fc.Arbitrary<Offer[]> = fc.array(
  fc.record({
    take: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    class: fc.nat({ max: 3 }),
    key: fc.constantFrom('A', 'B', 'C'),
    bytes: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 5, maxLength: 40 },
);

/** `P9`: after each offer the queue is the last of what was offered and not taken. */
export function findNewestProblem(policy: OverflowPolicy, offers: readonly Offer[]): string | undefined {
  const probe = new Probe(policy);
  const waiting: number[] = [];
  for (const [id, { take }] of offers.entries()) {
    if (!take) {
      probe.offer(makeItem(id));
      waiting.push(id);
      while (waiting.length > 3) waiting.shift();
    } else {
      const taken = probe.take()?.id;
      if (taken !== waiting.shift()) return `P9: took ${taken}`;
    }
  }
  probe.delivered.length = 0;
  probe.drain();
  const left = probe.delivered.map((item) => item.id);
  return String(left) === String(waiting) ? undefined : `P9: the queue is ${left}, not ${waiting}`;
}

/** `P10`: what was accepted is delivered. */
export function findAcceptedProblem(policy: OverflowPolicy, offers: readonly Offer[]): string | undefined {
  const probe = new Probe(policy);
  for (const [id, { take }] of offers.entries()) {
    if (take) probe.take();
    else probe.offer(makeItem(id));
  }
  probe.drain();
  const accepted = [...probe.outcomes].filter(([, outcome]) => outcome === 'queued').map(([id]) => id);
  const delivered = probe.delivered.map(({ id }) => id);
  return String(accepted) === String(delivered)
    ? undefined
    : `P10: accepted ${accepted}, delivered ${delivered}`;
}

/** `P2`: items and bytes within the bounds after each step. */
export function findBoundProblem(policy: OverflowPolicy, offers: readonly Offer[]): string | undefined {
  const probe = new Probe(policy, { capacityItems: 4, capacityBytes: 60 });
  return findThrown(() => {
    for (const [id, { take, key, bytes, class: klass }] of offers.entries()) {
      if (take) probe.take();
      else probe.offer(makeItem(id, { key, bytes, class: klass }));
      probe.check();
    }
  });
}

/** `P11`: at most one item for a key, and its last value arrives; with `keep`, in the place of the first. */
export async function findCoalesceProblem(
  policy: OverflowPolicy,
  offers: readonly Offer[],
  position = 'keep',
): Promise<string | undefined> {
  const probe = new Probe(policy);
  const queue: Item[] = [];
  for (const [id, { take, key }] of offers.entries()) {
    if (take) {
      const taken = probe.take();
      const expected = queue.shift();
      if (taken?.id !== expected?.id) return `P11: took ${taken?.label}, not ${expected?.label}`;
      continue;
    }
    const item = makeItem(id, { key });
    probe.offer(item);
    const at = queue.findIndex((queued) => queued.key === key);
    if (at < 0) queue.push(item);
    else if (position === 'keep') queue[at] = item;
    else queue.push(...queue.splice(at, 1).map(() => item));
    if (probe.channel.depthItems > 3) return 'P11: more than one item for a key';
  }
  probe.delivered.length = 0;
  probe.drain();
  await settle();
  const [left, expected] = [probe.delivered, queue].map((items) => items.map(({ label }) => label).join(' '));
  return left === expected ? undefined : `P11: left ${left}, not ${expected}`;
}

/** `P13`: nothing is dropped while something lower is queued whose place would do. */
export function findPriorityProblem(policy: OverflowPolicy, offers: readonly Offer[]): string | undefined {
  const [items, bytes] = [3, 60];
  const probe = new Probe(policy, { capacityItems: items, capacityBytes: bytes });
  let queue: Item[] = [];
  for (const [id, offer] of offers.entries()) {
    if (offer.take) {
      queue = queue.filter((item) => item.id !== probe.take()?.id);
      continue;
    }
    const item = makeItem(id, offer);
    const before = probe.ends.length;
    probe.offer(item);
    const ended = new Set(probe.ends.slice(before).map(([lost]) => lost.id));
    const all = [...queue, item];
    for (const lost of all.filter((one) => ended.has(one.id))) {
      const lower = all.filter((one) => one.class > lost.class && !ended.has(one.id));
      const rest = all.filter((one) => !lower.includes(one) && (!ended.has(one.id) || one === lost));
      const hasRoom = rest.length <= items && rest.reduce((sum, one) => sum + one.bytes, 0) <= bytes;
      if (lower.length > 0 && hasRoom) return `P13: ${lost.id} died before ${lower.map((one) => one.id)}`;
    }
    queue = all.filter((one) => !ended.has(one.id));
  }
  return undefined;
}

export interface Load {
  readonly capacityItems: number;
  /** Critical items that come at once, at most the reserve. */
  readonly bursts: readonly number[];
  readonly flood: number;
}

export const headroomLoads: fc.Arbitrary<Load> = fc.record({
  capacityItems: fc.integer({ min: 10, max: 60 }),
  bursts: fc.array(fc.nat({ max: 100 }), { minLength: 5, maxLength: 30 }),
  flood: fc.integer({ min: 1, max: 20 }),
});

/**
 * `P12`: under a flood of the lowest class, bursts of critical items as large as the reserve, each after the
 * one before it has been served, lose nothing; and one more than that is failed, not dropped in silence.
 */
export function findHeadroomProblem(policy: OverflowPolicy, load: Load): string | undefined {
  const { capacityItems, bursts, flood } = load;
  const reserved = Math.floor(capacityItems * 0.2);
  const probe = new Probe(policy, { capacityItems });
  let id = 0;
  const shed = (): void => {
    for (let i = 0; i < flood; i++) probe.offer(makeItem(id++, { class: 2 }));
  };
  for (let i = 0; i < capacityItems; i++) shed();
  if (probe.channel.depthItems !== capacityItems - reserved) {
    return `P12: ${capacityItems - probe.channel.depthItems} places are left, not ${reserved}`;
  }
  for (const burst of bursts) {
    const size = Math.min(burst, reserved);
    for (let i = 0; i < size; i++) {
      if (probe.offer(makeItem(id++, { class: 0 })) !== 'queued') return 'P12: a critical item found no room';
      shed();
    }
    for (let i = 0; i < size; i++) {
      probe.take();
      probe.land('delivered');
    }
    shed();
  }
  for (let i = 0; i < reserved; i++) probe.offer(makeItem(id++, { class: 0 }));
  if (probe.offer(makeItem(id++, { class: 0 })) !== 'failed')
    return 'P12: a critical item was lost in silence';
  return probe.channel.ledger().failed['overflow.reserve'] === 1 ? undefined : 'P12: no record of it';
}

/** The first problem among seeded random cases. */
export async function findIn<V>(
  arbitrary: fc.Arbitrary<V>,
  find: (value: V) => Promise<string | undefined> | string | undefined,
  numRuns = 100,
): Promise<string | undefined> {
  for (const value of fc.sample(arbitrary, { seed: 4711, numRuns })) {
    const problem = await find(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function findThrown(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
