/** Channels and policies that are wrong on purpose, each against its own property alone. */
import { type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { Key } from '../../src/system/channel/entry.ts';
import ironstarDropOldest from '../../src/system/overflow/as-written/ironstar-drop-oldest.ts';
import ironstarUnbounded from '../../src/system/overflow/as-written/ironstar-unbounded.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { type Bug, makeArrayChannel } from '../channel/array-channel.ts';
import type { Item } from '../channel/item.ts';
import type { Setup } from '../channel/model.ts';
import { findReentryProblem } from '../channel/reentry.ts';
import { findKiller, type Kind, SEED } from '../channel/steps.ts';
import { type MakeChannel, PLAIN } from '../channel/trial.ts';
import { findDifference, findPathDifference, play } from '../channel/twin-runs.ts';
import type { Mutant } from './mutant.ts';

/** The property that the catalogue names is checked, and no other. */
function bySchedule(property: string, name: string, kind: Kind, make: MakeChannel): Mutant {
  return {
    property,
    name,
    kill: () => findKiller(property, kind, make),
    spare: () => findKiller(property, kind, undefined, 60),
  };
}

/** Of the channel in plain arrays; the same without the bug is spared. */
function byBug(property: string, name: string, policy: string, bug: Bug): Mutant {
  return {
    property,
    name,
    kill: () => findKiller(property, { policy }, makeArrayChannel(bug)),
    spare: () => findKiller(property, { policy }, makeArrayChannel('none'), 60),
  };
}

/** The real channel under a policy that is not what its label says. */
function withPolicy(change: Partial<OverflowPolicy>): MakeChannel {
  return (options) => createChannel({ ...options, overflow: { ...options.overflow, ...change } });
}

/** The real channel with something of it changed. */
function withOptions(change: (options: ChannelOptions<Item>) => Partial<ChannelOptions<Item>>): MakeChannel {
  return (options) => createChannel({ ...options, ...change(options) });
}

const SMALL: Setup = { ...PLAIN, policy: 'drop-oldest', capacityItems: 3, capacityBytes: 0, maxWaiters: 2 };

function byTwin(property: string, name: string, setup: Setup, make: MakeChannel, timeFactor: number): Mutant {
  const check = async (made?: MakeChannel): Promise<string | undefined> => {
    const change = made === undefined ? {} : { make: made };
    return findDifference(
      await play(setup, SEED, change),
      await play(setup, SEED, { ...change, timeFactor }),
    );
  };
  return { property, name, kill: () => check(make), spare: () => check() };
}

/** Flows in the order of their last loss. Shared by all queues, as a table of the whole process would be. */
const lastLosers = new Map<Key, true>();

/** The victim is of the flow that has not lost for longest in any queue: what ran before decides. */
const evictByTurns = withPolicy({
  needs: ['flow'],
  onFull: (queue) => {
    const turns = [...lastLosers.keys()];
    const [first] = [...queue.flows.keys()].sort((a, b) => turns.indexOf(a) - turns.indexOf(b));
    const victim = queue.flows.get(first as Key)?.oldest;
    lastLosers.delete(first as Key);
    lastLosers.set(first as Key, true);
    return victim ?? 'drop-incoming';
  },
});

export default [
  byBug('P1', 'gauge on the fast path only', 'block', 'a gauge on the fast path only'),
  byBug('P1', 'return without count', 'block', 'returns without a count'),
  byBug('P1', 'close forgets waiting offers', 'block', 'close forgets waiting offers'),
  byBug('P2', 'check after add', 'drop-oldest', 'bound by length before the add'),
  byBug('P2', 'check after add, with waiting offers', 'block', 'bound by length before the add'),
  bySchedule(
    'P2',
    'appends above the bounds',
    { policy: 'drop-oldest' },
    withPolicy({ onFull: () => 'accept' }),
  ),
  bySchedule('P4', 'generic `other`', { policy: 'drop-newest' }, withPolicy({ incomingReason: 'other' })),
  byBug('P6', 'takes the newest first', 'block', 'takes the newest first'),
  byBug('P7', 'bytes never given back', 'drop-oldest', 'bytes never given back'),
  bySchedule(
    'P9',
    'drop-newest under the label drop-oldest',
    { policy: 'drop-oldest' },
    withPolicy({ onFull: () => 'drop-incoming' }),
  ),
  bySchedule(
    'P10',
    'evict-newest under the label drop-newest',
    { policy: 'drop-newest' },
    withPolicy({ onFull: (queue) => queue.newest ?? 'drop-incoming' }),
  ),
  bySchedule(
    'P11',
    'a replaced value is kept instead of the new one',
    { policy: 'coalesce' },
    withPolicy({ absorbAs: 'merge', reasons: ['merge', 'overflow.drop-newest', 'overflow.drop-oldest'] }),
  ),
  byBug('P15', 'resolve before enqueue', 'block', 'resolves before the enqueue'),
  byBug('P15', 'cancelled waiter eats the wake-up', 'block', 'a cancelled waiter eats the wake-up'),
  byBug('P15', 'a take frees no slot for waiting offers', 'block', 'frees no slot for waiting offers'),
  byBug('P16', "cancelled waiter's slot lost", 'block', 'a cancelled waiter keeps its slot'),
  byBug('P16', 'cancel removes the head of the line', 'block', 'cancel removes the head of the line'),
  {
    property: 'P18',
    name: 'sync emit',
    kill: () => findReentryProblem(SMALL, makeArrayChannel('none')),
    spare: () => findReentryProblem(SMALL, (options) => createChannel(options)),
  },
  bySchedule(
    'P30',
    'check at enqueue only',
    { policy: 'block', hasTtl: true },
    // Nothing is old when it is queued, so such a check is none.
    withOptions(({ stages }) => ({ stages: { ...stages, ttlMs: Number.POSITIVE_INFINITY } })),
  ),
  byTwin('P35', 'map order', SMALL, evictByTurns, 1),
  byTwin(
    'P35',
    '`Math.random`',
    SMALL,
    withPolicy({ onFull: (queue) => (Math.random() < 0.5 ? 'drop-incoming' : (queue.oldest ?? 'accept')) }),
    1,
  ),
  byTwin(
    'P38',
    'hidden absolute constant',
    { ...SMALL, policy: 'timeout', params: { deadlineMs: 1, fallback: 'drop-newest' } },
    (options) => {
      const { waitLimitMs = 0 } = options.overflow;
      return createChannel({
        ...options,
        overflow: { ...options.overflow, waitLimitMs: Math.min(waitLimitMs, 3) },
      });
    },
    10,
  ),
  {
    property: 'P39',
    name: 'uncounted eviction',
    kill: () => findPathDifference(SEED, makeArrayChannel('evicts without a count')),
    spare: () => findPathDifference(SEED, makeArrayChannel('none')),
  },
  ...['P1', 'P7', 'P9'].map((property) => ({
    ...bySchedule(
      property,
      `as-written/ironstar-drop-oldest (${property})`,
      { policy: 'drop-oldest' },
      withPolicy({ onFull: ironstarDropOldest.onFull }),
    ),
    property: 'specimen',
  })),
  {
    ...bySchedule(
      'P7',
      'as-written/ironstar-unbounded (P7)',
      { policy: 'unbounded' },
      withPolicy({ onFull: ironstarUnbounded.onFull }),
    ),
    property: 'specimen',
  },
] satisfies Mutant[];
