import { type BroadcastRing, createBroadcastRing } from '../../src/system/channel/broadcast-ring.ts';
import { Credits } from '../../src/system/channel/credits.ts';
import { Lagged, type RingReceiver } from '../../src/system/channel/ring-core.ts';
import { TOPOLOGIES } from '../../src/system/topology/registry.ts';
import type { TopologyDefinition } from '../../src/system/topology/topology.ts';
import { findGrowth, findLeftReader, findSilentGap } from '../topology/feed-checks.ts';
import { findOvertaking } from '../topology/pool-checks.ts';
import { findCreditFault } from '../topology/relay-checks.ts';
import { findUntoldGap, findWrongLag, type MakeRing } from '../topology/ring-checks.ts';
import type { Mutant } from './mutant.ts';

/** The real ring with receivers that change what they are told. */
function withReceivers(
  change: (taken: number | Lagged | undefined, receiver: RingReceiver<number>) => typeof taken,
): MakeRing {
  return (options) => {
    const ring = createBroadcastRing<number>(options);
    const subscribe = (): RingReceiver<number> => {
      const receiver = ring.subscribe();
      return Object.assign(Object.create(receiver) as RingReceiver<number>, {
        tryTake: () => change(receiver.tryTake(), receiver),
      });
    };
    return Object.assign(Object.create(ring) as BroadcastRing<number>, {
      subscribe,
      publish: ring.publish.bind(ring),
    });
  };
}

const sound: MakeRing = (options) => createBroadcastRing(options);

/** Credits that promise one thing and do another. */
function creditsWith(wrong: Partial<Credits>): Credits {
  return Object.assign(new Credits({ window: 4, batch: 2 }), wrong);
}

const lostOnDiscard = (): Credits => {
  const credits = new Credits({ window: 4, batch: 1 });
  const settle = credits.settle.bind(credits);
  let settled = 0;
  // The first twenty ends of a round are of items that the consumer took; what is discarded gives nothing back.
  return Object.assign(credits, { settle: () => ++settled % 24 < 20 && settle() });
};

const specimen = (
  name: keyof typeof TOPOLOGIES,
  soundName: keyof typeof TOPOLOGIES,
  find: (definition: TopologyDefinition) => string | undefined,
): Mutant => ({
  property: 'specimen',
  name,
  kill: () => find(TOPOLOGIES[name]),
  spare: () => find(TOPOLOGIES[soundName]),
});

export default [
  {
    property: 'P6',
    name: 'pool-shared reorder',
    kill: () => findOvertaking('shared'),
    spare: () => findOvertaking('key'),
  },
  {
    property: 'P21',
    name: 'lag count not passed on',
    kill: () =>
      findUntoldGap(
        withReceivers((taken, receiver) => (taken instanceof Lagged ? receiver.tryTake() : taken)),
      ),
    spare: () => findUntoldGap(sound),
  },
  {
    property: 'P22',
    name: '"lagged by 0"',
    kill: () => findWrongLag(withReceivers((taken) => (taken instanceof Lagged ? new Lagged(0) : taken))),
    spare: () => findWrongLag(sound),
  },
  {
    property: 'P22',
    name: 'lag counted from the newest, not from the oldest item still there',
    kill: () =>
      findWrongLag(
        withReceivers((taken) => (taken instanceof Lagged ? new Lagged(taken.missed + 4) : taken)),
      ),
    spare: () => findWrongLag(sound),
  },
  {
    property: 'P22',
    name: 'resumes at the latest whatever is configured',
    kill: () => findWrongLag((options) => createBroadcastRing({ ...options, resume: 'latest' })),
    spare: () => findWrongLag(sound),
  },
  {
    property: 'P33',
    name: 'forwarder ignoring "closed"',
    kill: () => findLeftReader(TOPOLOGIES['as-written/ironstar-drop-newest']),
    spare: () => findLeftReader(TOPOLOGIES['ring-lag']),
  },
  {
    property: 'P34',
    name: 'grant batch > window',
    kill: () => findCreditFault(creditsWith({ batch: 5 })),
    spare: () => findCreditFault(creditsWith({})),
  },
  {
    property: 'P34',
    name: 'sends without spending credit',
    kill: () => findCreditFault(creditsWith({ spend: () => {} })),
    spare: () => findCreditFault(creditsWith({})),
  },
  {
    property: 'P34',
    name: 'credit lost on cancel',
    kill: () => findCreditFault(lostOnDiscard()),
    spare: () => findCreditFault(new Credits({ window: 4, batch: 1 })),
  },
  specimen('as-written/ironstar-block', 'ring-lag', findSilentGap),
  specimen('as-written/ironstar-drop-newest', 'ring-lag', findLeftReader),
  specimen('as-written/relay-first-full-kills', 'relay', findSilentGap),
  specimen('as-written/relay-unbounded', 'relay', findGrowth),
] satisfies Mutant[];
