/** Overflow policies that are wrong on purpose. */
import fc from 'fast-check';
import { RECORD_HEADER_BYTES, recordBytes } from '../../src/system/channel/spill-record.ts';
import { SEGMENT_HEADER_BYTES } from '../../src/system/channel/spill-segment.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { configure, SOUND } from '../overflow/configurations.ts';
import { findGoldenProblem, type Name } from '../overflow/golden.ts';
import type { MemoryFiles } from '../overflow/memory-files.ts';
import { makeItem, Probe } from '../overflow/probe.ts';
import {
  findAcceptedProblem,
  findBoundProblem,
  findCoalesceProblem,
  findHeadroomProblem,
  findIn,
  findNewestProblem,
  findPriorityProblem,
  findThrown,
  headroomLoads,
  playOffers,
} from '../overflow/promises.ts';
import { findOvertakingProblem, findRecoveryProblem } from '../overflow/spill-trials.ts';
import { S1, signature, type Trace } from '../overflow/traces.ts';
import type { Mutant } from './mutant.ts';

const policies: Record<Name, OverflowPolicy> = OVERFLOW_POLICIES;

type Find = (policy: OverflowPolicy) => ReturnType<Mutant['kill']>;

/** One hook or fact of a policy in another way, under the same check. */
function change(
  property: string,
  name: string,
  of: Name,
  wrong: Partial<OverflowPolicy>,
  find: Find,
): Mutant {
  return {
    property,
    name: `${of}: ${name}`,
    kill: () => find({ ...policies[of], ...wrong }),
    spare: () => find(policies[of]),
  };
}

const checkReasons: Find = (policy) =>
  findThrown(() => {
    const probe = new Probe(policy);
    for (const id of [1, 2, 3, 4, 5]) probe.offer(makeItem(id));
    probe.check();
  });

const single: Mutant[] = [
  change(
    'P2',
    'check after add',
    'drop-oldest',
    {
      onFull: (queue) =>
        queue.depthItems < queue.capacityItems && queue.bytes <= queue.capacityBytes
          ? 'accept'
          : (queue.oldest ?? 'accept'),
    },
    (policy) => findIn(playOffers, (offers) => findBoundProblem(policy, offers)),
  ),
  change(
    'P2',
    'evicts one where several are needed',
    'drop-oldest',
    { onFull: (queue) => (queue.depthItems < queue.capacityItems ? 'accept' : (queue.oldest ?? 'accept')) },
    (policy) => findIn(playOffers, (offers) => findBoundProblem(policy, offers)),
  ),
  change('P4', 'generic `other`', 'drop-newest', { incomingReason: 'other' }, checkReasons),
  change(
    'P4',
    'the reason of another policy',
    'drop-oldest',
    { victimReason: 'overflow.evict-newest' },
    checkReasons,
  ),
  change('P9', 'drop-newest under that label', 'drop-oldest', { onFull: () => 'drop-incoming' }, (policy) =>
    findIn(playOffers, (offers) => findNewestProblem(policy, offers)),
  ),
  change(
    'P10',
    'evict-newest under that label',
    'drop-newest',
    { onFull: (queue) => queue.newest ?? 'drop-incoming' },
    (policy) => findIn(playOffers, (offers) => findAcceptedProblem(policy, offers)),
  ),
  change(
    'P11',
    'update lost in a dequeue race',
    'coalesce',
    // What is about to leave counts as gone already: its key is appended once more.
    { absorb: (queue, incoming) => notHead(queue.ofKey(incoming.key)) },
    (policy) => findIn(playOffers, (offers) => findCoalesceProblem(policy, offers)),
  ),
  change(
    'P11',
    'keeps the first value of a key',
    'coalesce',
    {
      absorb: () => undefined,
      capacityFor: (queue, incoming) => (queue.ofKey(incoming.key) === undefined ? queue.capacityItems : 0),
      onFull: () => 'drop-incoming',
    },
    (policy) => findIn(playOffers, (offers) => findCoalesceProblem(policy, offers)),
  ),
  change('P11', 'keep moves to the tail', 'coalesce', { absorbAs: 'tail' }, (policy) =>
    findIn(playOffers, (offers) => findCoalesceProblem(policy, offers)),
  ),
  change(
    'P12',
    'threshold off by one',
    'reserve',
    {
      capacityFor: (queue, incoming) =>
        Math.min(queue.capacityItems, (policies.reserve.capacityFor?.(queue, incoming) ?? 0) + 1),
    },
    (policy) => findIn(headroomLoads, (load) => findHeadroomProblem(policy, load), 30),
  ),
  change(
    'P12',
    'threshold one too low',
    'reserve',
    {
      capacityFor: (queue, incoming) =>
        (policies.reserve.capacityFor?.(queue, incoming) ?? 0) - (incoming.class === 0 ? 0 : 1),
    },
    (policy) => findIn(headroomLoads, (load) => findHeadroomProblem(policy, load), 30),
  ),
  change('P12', 'drops a critical item in silence', 'reserve', { onFull: () => 'drop-incoming' }, (policy) =>
    findIn(headroomLoads, (load) => findHeadroomProblem(policy, load), 30),
  ),
  change(
    'P13',
    'evict oldest regardless',
    'evict-lowest-priority',
    { onFull: (queue) => queue.oldest ?? 'drop-incoming' },
    (policy) => findIn(playOffers, (offers) => findPriorityProblem(policy, offers)),
  ),
  change(
    'P13',
    'classes turned round',
    'evict-lowest-priority',
    {
      onFull: (queue, incoming) =>
        [0, 1, 2, 3]
          .map((index) => queue.ofClass(index)?.oldest)
          .find((entry) => entry !== undefined && entry.class < incoming.class) ?? 'drop-incoming',
    },
    (policy) => findIn(playOffers, (offers) => findPriorityProblem(policy, offers)),
  ),
  change(
    'P32',
    'memory overtakes disk',
    'spill',
    {
      configure: () => ({
        ...policies.spill,
        onFull: (queue, incoming) =>
          queue.depthItems < queue.capacityItems && queue.bytes + incoming.cost <= queue.capacityBytes
            ? 'accept'
            : 'spill',
      }),
    },
    findOvertakingProblem,
  ),
  {
    property: 'P32',
    name: 'spill: writes are not forced under fsync=always',
    kill: () => findRecoveryProblem(undefined, { fsync: 'never' }),
    spare: () => findRecoveryProblem(),
  },
  {
    property: 'P32',
    name: 'spill: recovery goes on behind a damaged record',
    kill: () => findRecoveryProblem((files) => recoverNaively(files, 'skips')),
    spare: () => findRecoveryProblem(),
  },
  {
    property: 'P32',
    name: 'spill: recovery trusts every record that is long enough',
    kill: () => findRecoveryProblem((files) => recoverNaively(files, 'trusts')),
    spare: () => findRecoveryProblem(),
  },
  {
    property: 'P8',
    name: 'S1 with six pushes',
    kill: () => findAlike([{ ...S1, story: `${S1.story} 6:D,1` }]),
    spare: () => findAlike([S1]),
  },
];

function notHead<V extends { older: unknown }>(entry: V | undefined): V | undefined {
  return entry?.older === undefined ? undefined : entry;
}

/** Whether drop-oldest and evict-all deliver the same in all of these traces. */
function findAlike(traces: readonly Trace[]): string | undefined {
  const delivered = ({ name }: OverflowPolicy): string =>
    JSON.stringify(traces.map((trace) => JSON.parse(signature(policies[name as Name], trace))[1]));
  const isAlike = delivered(policies['drop-oldest']) === delivered(policies['evict-all']);
  return isAlike ? 'P8: drop-oldest = evict-all' : undefined;
}

function recoverNaively(files: MemoryFiles, how: 'skips' | 'trusts'): number[] {
  const items: number[] = [];
  for (const [, { content }] of [...files.byPath].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    for (let at = SEGMENT_HEADER_BYTES; at + RECORD_HEADER_BYTES <= content.length; ) {
      const end = at + recordBytes(content, at);
      if (end > content.length) break;
      const text = content.subarray(at + RECORD_HEADER_BYTES, end).toString();
      if (how === 'trusts' || /^item \d$/.test(text)) items.push(Number(text.slice(5)));
      at = end;
    }
  }
  return items;
}

/** `P7`: each policy under the label of each other one. */
const swaps: Mutant[] = SOUND.flatMap((label) =>
  SOUND.filter((impostor) => impostor !== label).map(
    (impostor): Mutant => ({
      property: 'P7',
      name: `naming-trap swap: ${impostor.name} under the label ${label.name}`,
      kill: () => findGoldenProblem(label.name as Name, configure(impostor)),
      spare: () => findGoldenProblem(label.name as Name, configure(label)),
    }),
  ),
).filter(({ name }) => !name.includes('undefined'));

const specimens: Mutant[] = [
  {
    property: 'specimen',
    name: 'as-written/ironstar-drop-oldest',
    kill: () => findGoldenProblem('drop-oldest', policies['as-written/ironstar-drop-oldest']),
    spare: () => findGoldenProblem('drop-oldest', policies['drop-oldest']),
  },
  {
    property: 'specimen',
    name: 'as-written/ironstar-unbounded',
    kill: () => findGoldenProblem('unbounded', policies['as-written/ironstar-unbounded']),
    spare: () => findGoldenProblem('unbounded', policies.unbounded),
  },
  {
    property: 'specimen',
    name: 'as-written/shadowcat-pending-error',
    kill: () => findGoldenProblem('block', policies['as-written/shadowcat-pending-error']),
    spare: () => findGoldenProblem('block', policies.block),
  },
  {
    property: 'specimen',
    name: 'as-written/termtap-drop-terminal',
    kill: () => findPendingProblem(policies['as-written/termtap-drop-terminal'], () => 1),
    spare: () =>
      findPendingProblem(policies.reserve, (type, isShown) => {
        if (type === 'started') return 2;
        return isShown ? 0 : 2;
      }),
  },
];

/** `P20`: a request shows nothing, or its start and its end. */
function findPendingProblem(
  policy: OverflowPolicy,
  classOf: (type: 'started' | 'finished', isShown: boolean) => number,
): string | undefined {
  const probe = new Probe(policy, { capacityItems: 20 });
  const open: number[] = [];
  const shown = new Set<number>();
  let next = 1;
  for (const step of fc.sample(fc.nat({ max: 9 }), { seed: 4711, numRuns: 2000 })) {
    if (step < 5 && open.length < 4) {
      const id = next++;
      open.push(id);
      const klass = classOf('started', false);
      if (probe.offer(makeItem(id, { class: klass, key: 'started' })) === 'queued') shown.add(id);
    } else if (step < 8 && open.length > 0) {
      const id = open.shift() as number;
      const isShown = shown.has(id);
      const klass = classOf('finished', isShown);
      const answer = probe.offer(makeItem(id + 1e6, { class: klass, key: 'finished' }));
      if (isShown && answer !== 'queued') return `P20: request ${id} stays pending for ever`;
    } else {
      probe.take();
      probe.land('delivered');
    }
  }
  return shown.size > 50 ? undefined : 'P20: nothing was shown';
}

export default [...single, ...swaps, ...specimens] satisfies Mutant[];
