/** The properties of the catalogue as checks on a trial: each answers what it saw, or `undefined`. */
import { NS_PER_MS } from '../../src/core/clock.ts';
import { type ClassCounts, findUnaccounted, sumReasons } from '../../src/core/ledger.ts';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import type { SchedulingDefinition } from '../../src/system/scheduling/scheduler.ts';
import { costOf, type Item } from './item.ts';
import type { Step, Trial } from './trial.ts';

type Found = string | undefined;
type StepCheck = [property: string, name: string, find: (trial: Trial, step: Step) => Found];
type FinalCheck = [property: string, name: string, find: (trial: Trial, rest: readonly Item[]) => Found];

/** Reasons of the mechanism, whatever stands in the strategy. */
const OWN_REASONS = ['too_large', 'cancelled', 'shutdown', 'closed', 'sink'];

export const STEP_CHECKS: readonly StepCheck[] = [
  [
    'P1',
    'conservation',
    ({ channel }) => {
      const ledger = channel.ledger();
      return equal([ledger.unaccounted, findUnaccounted(ledger)], [0, 0]);
    },
  ],
  ['P1', 'every offer is counted', ({ channel, offered }) => equal(channel.ledger().offered, offered.length)],
  [
    'P1',
    'no gauge below zero',
    ({ channel }) => {
      const { depthItems, bytes, inFlightItems, inFlightBytes, waiters } = channel;
      const gauges = [depthItems, bytes, inFlightItems, inFlightBytes, waiters];
      return truth(Math.min(...gauges) >= 0, gauges);
    },
  ],
  [
    'P1',
    'every class adds up by itself',
    ({ channel }) => {
      const classes: Record<number, ClassCounts> = {};
      channel.addClassesTo(classes);
      const open = Object.values(classes).map(
        ({ offered, delivered, dropped, coalesced, failed }) =>
          offered - delivered - dropped - coalesced - failed,
      );
      const { queued, inFlight, blocked } = channel.ledger();
      const sum = open.reduce((total, count) => total + count, 0);
      return truth(Math.min(0, ...open) === 0 && sum === queued + inFlight + blocked, classes);
    },
  ],
  [
    'P1',
    'one end per item',
    ({ ends, endsBefore }) => {
      const again = ends
        .slice(endsBefore)
        .find(([id], i) => ends.findIndex(([other]) => other === id) < endsBefore + i);
      return truth(again === undefined, again);
    },
  ],
  [
    'P2',
    'items within capacity',
    ({ channel, setup }) => {
      const { depthItems } = channel;
      const limit = setup.policy === 'latest' ? 1 : setup.capacityItems;
      return truth(setup.policy === 'unbounded' || depthItems <= limit, depthItems);
    },
  ],
  [
    'P2',
    'bytes within capacity',
    ({ channel, setup }) =>
      truth(setup.capacityBytes === 0 || channel.bytes <= setup.capacityBytes, channel.bytes),
  ],
  [
    'P4',
    'a reason of this configuration',
    ({ ends, endsBefore, policy, setup }) => {
      const possible = [...policy.reasons, ...OWN_REASONS, ...(setup.ttlMs > 0 ? ['ttl'] : [])];
      const strange = ends
        .slice(endsBefore)
        .find(([, end, reason]) => end !== 'delivered' && !possible.includes(reason));
      return truth(strange === undefined, strange);
    },
  ],
  [
    'P4',
    'each drop is in the ledger under the reason that its owner was told',
    ({ channel, ends }) => {
      const { dropped, coalesced, failed } = channel.ledger();
      const told = ends.filter(([, end]) => end !== 'delivered').length;
      return equal(sumReasons(dropped) + sumReasons(coalesced) + sumReasons(failed), told);
    },
  ],
  ['P6', 'order of delivery', findDisorder],
  ['P7', 'the answer', ({ answers: [seen, wanted] }) => equal(seen, wanted)],
  ['P7', 'outcomes', (trial, step) => (isCancel(step) ? undefined : compareOutcomes(trial))],
  [
    'P16',
    'cancel removes exactly that one',
    (trial, step) => (isCancel(step) ? compareOutcomes(trial) : undefined),
  ],
  ['P7', 'takers', ({ taken, model }) => equal(sorted(taken), sorted(model.taken))],
  [
    'P7',
    'ends, once each and in order',
    ({ ends, endsBefore, model }) =>
      ends.length === model.ends.length
        ? equal(ends.slice(endsBefore), model.ends.slice(endsBefore))
        : equal(ends, model.ends),
  ],
  ['P7', 'state', ({ channel, model }) => equal(stateOf(channel), stateOf(model))],
  ['P7', 'ledger', ({ channel, model }) => equal(channel.ledger(), model.ledger())],
  [
    'P7',
    'disconnect',
    ({ disconnects, model }) =>
      equal(disconnects, model.disconnectReason === '' ? [] : [model.disconnectReason]),
  ],
  [
    'P13',
    'no class is dropped while a lower one is queued',
    ({ ends, endsBefore, offered, model }) => {
      const lowest = Math.max(...model.queue.map((held) => held.class));
      const shed = ends.slice(endsBefore).filter(([, , reason]) => reason.startsWith('priority.'));
      const wrong = shed.find(([id, , reason]) => {
        const { class: klass } = offered.find((item) => item.id === id) as Item;
        // Room may be kept for the higher classes; among those queued the lowest goes first.
        return reason === 'priority.evicted' ? klass < lowest : false;
      });
      return truth(wrong === undefined, wrong);
    },
  ],
  [
    'P15',
    'no waiting offer beside a free slot',
    ({ channel, offered, outcomes, setup }) => {
      const pending = offered.find((item) => !outcomes.has(item.id));
      if (pending === undefined) return undefined;
      const limitBytes = setup.capacityBytes || Number.POSITIVE_INFINITY;
      const fits = channel.depthItems < setup.capacityItems && channel.bytes + costOf(pending) <= limitBytes;
      return truth(!fits, pending);
    },
  ],
  [
    'P15',
    'no waiting taker beside an item',
    ({ channel, hasWaitingTaker }) => truth(!(hasWaitingTaker && channel.depthItems > 0), channel.depthItems),
  ],
  [
    'P19',
    'never idle with a queue',
    ({ channel, answers: [seen] }, step) =>
      truth(
        step.do !== 'tryTake' || seen !== undefined || channel.depthItems + channel.waiters === 0,
        channel.depthItems,
      ),
  ],
  [
    'P30',
    'nothing older than ttl leaves the queue',
    ({ oldestTakenNs, setup }) =>
      truth(setup.ttlMs === 0 || oldestTakenNs <= setup.ttlMs * NS_PER_MS, oldestTakenNs),
  ],
];

/** On what was left when the schedule was over, drained in one go; not where some was discarded. */
export const FINAL_CHECKS: readonly FinalCheck[] = [
  [
    'P6',
    'lifo is the exact reverse',
    ({ setup, policy }, rest) => {
      const ids = rest.map(({ id }) => id);
      // What waited at the door comes in later than all that was queued; a value may stand where an older one did.
      const { holdsProducer, coalesces } = policy.effects;
      if (setup.scheduler !== 'lifo' || holdsProducer || coalesces) return undefined;
      return equal(
        ids,
        ids.toSorted((one, other) => other - one),
      );
    },
  ],
  [
    'P9',
    'the queue is the last offers',
    (trial, rest) => {
      if (trial.setup.policy !== 'drop-oldest' || !isPlain(trial)) return undefined;
      const newest = rest.length === 0 ? [] : enterable(trial).slice(-rest.length);
      return equal(
        rest.map(({ id }) => id),
        newest,
      );
    },
  ],
  [
    'P10',
    'an accepted item is never evicted',
    (trial) => {
      if (trial.setup.policy !== 'drop-newest' || !isPlain(trial)) return undefined;
      const accepted = sorted(trial.outcomes).filter(([, outcome]) => outcome === 'queued');
      return equal(
        trial.leftInOrder.map(({ id }) => id),
        accepted.map(([id]) => id),
      );
    },
  ],
  [
    'P11',
    'one per key, with the last value that was taken in',
    ({ setup, offered, outcomes }, rest) => {
      if (setup.policy !== 'coalesce') return undefined;
      const lasts = rest.map(({ key }) =>
        offered.findLast((item) => item.key === key && outcomes.get(item.id) === 'queued'),
      );
      const ids = rest.map(({ id }) => id);
      return (
        truth(new Set(rest.map(({ key }) => key)).size === rest.length, rest) ??
        equal(
          ids,
          lasts.map((item) => item?.id),
        )
      );
    },
  ],
  [
    'P11',
    'the weight of all that was taken in is delivered',
    ({ setup, leftInOrder, outcomes, ends }) => {
      if (setup.policy !== 'merge' || setup.params['inner'] !== 'drop-newest' || setup.ttlMs > 0)
        return undefined;
      const accepted = [...outcomes.values()].filter((outcome) => outcome === 'queued').length;
      const delivered = leftInOrder.reduce((total, { weight }) => total + weight, 0);
      return ends.some(([, , reason]) => reason === 'shutdown') ? undefined : equal(delivered, accepted);
    },
  ],
  [
    'P12',
    'nothing critical is dropped in silence',
    ({ setup, offered, ends }) => {
      if (setup.policy !== 'reserve') return undefined;
      const critical = new Set(offered.filter((item) => item.class === 0).map(({ id }) => id));
      const lost = ends.find(([id, , reason]) => critical.has(id) && reason.startsWith('priority.'));
      return truth(lost === undefined, lost);
    },
  ],
];

function isPlain({ setup }: Trial): boolean {
  return setup.scheduler === 'none' && setup.ttlMs === 0;
}

function isCancel(step: Step): boolean {
  return step.do === 'cancelOffer' || step.do === 'cancelTaker';
}

/** Ids of offers that were not refused at the door: what a policy that always takes in has taken in. */
function enterable({ offered, ends }: Trial): number[] {
  const refused = new Set(
    ends.filter(([, , reason]) => ['too_large', 'cancelled', 'closed'].includes(reason)).map(([id]) => id),
  );
  return offered.filter(({ id }) => !refused.has(id)).map(({ id }) => id);
}

/** Items leave in the order of their offers: all of them, or those of one class, flow or key, as is declared. */
function findDisorder({ leftInOrder, setup, policy }: Trial): Found {
  const definition = (SCHEDULERS as Record<string, SchedulingDefinition>)[setup.scheduler];
  const last = leftInOrder.at(-1);
  if (last === undefined) return undefined;
  const reorders = [definition?.effects.reorders ?? 'never', policy.effects.reorders ?? 'never'];
  if (reorders.includes('always')) return undefined;
  // A value that took the place and the class of an older one stands where that stood.
  if (policy.effects.coalesces && setup.scheduler !== 'none') return undefined;
  const isSame = (other: Item): boolean =>
    (!reorders.includes('across-classes') || other.class === last.class) &&
    (!reorders.includes('across-flows') || other.flow === last.flow) &&
    (!reorders.includes('across-keys') || other.key === last.key);
  const before = leftInOrder.slice(0, -1).findLast(isSame);
  return truth(before === undefined || before.id < last.id, [before, last]);
}

function compareOutcomes({ outcomes, model }: Trial): Found {
  return equal(sorted(outcomes), sorted(model.outcomes));
}

interface State {
  readonly closed: boolean;
  readonly bytes: number;
  readonly inFlightBytes: number;
  readonly blockedMs: number;
  readonly depthMax: number;
  readonly waitersMax: number;
  readonly pressureEvents: number;
}

function stateOf(of: State): State {
  const { closed, bytes, inFlightBytes, blockedMs, depthMax, waitersMax, pressureEvents } = of;
  return { closed, bytes, inFlightBytes, blockedMs, depthMax, waitersMax, pressureEvents };
}

function sorted<V>(map: ReadonlyMap<number, V>): [number, V][] {
  return [...map].toSorted(([a], [b]) => a - b);
}

function truth(holds: boolean, seen: unknown): Found {
  return holds ? undefined : `saw ${JSON.stringify(seen)}`;
}

function equal(actual: unknown, expected: unknown): Found {
  const [seen, wanted] = [canonical(actual), canonical(expected)];
  return seen === wanted ? undefined : `expected ${wanted}, got ${seen}`;
}

/** JSON with sorted keys: the order in which reasons were first counted means nothing. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  );
}
