import type { ChannelOptions } from '../../channel/channel.ts';
import block from '../../overflow/block.ts';
import type { Params } from '../../strategies/definition.ts';
import { RingReader } from '../ring-reader.ts';
import { SharedRing } from '../shared-ring.ts';
import type { OpenQueue, TopologyDefinition } from '../topology.ts';
import { SilentEnd } from './silent-end.ts';

const RING_ITEMS = 256;
const CLIENT_ITEMS = 64;

const createRing = () =>
  new SharedRing<unknown>({ capacityItems: RING_ITEMS, capacityBytes: 0, resume: 'oldest', isGated: false });

/** The forwarder of one client waits for it; once the ring has lapped it, its loop ends at the error. */
class LoopUntilLagged<T> extends SilentEnd<T> {
  protected override mayForward(): boolean {
    if (super.mayForward() && (this.upstream as RingReader<T>).lags > 0) this.die();
    return super.mayForward();
  }
}

/**
 * Wrong on purpose: ironstar's sketch of Block as it was written.
 *
 * It says "no loss, slows the whole system". Only the forwarder waits; the ring goes on and laps it.
 */
export default {
  name: 'as-written/ironstar-block',
  stage: 'topology',
  summary: 'claims to lose nothing; ends the feed silently at the first lag',
  specimen: true,
  params: [],
  effects: { drops: true, replacesQueue: true, joinsConsumers: true },
  reasons: ['lag'],
  createShared: createRing,
  create: <T>(
    _params: Params,
    openQueue: OpenQueue<T>,
    { onEnd, onReady, onDisconnect, ...rest }: ChannelOptions<T>,
    shared: unknown = createRing(),
  ) =>
    new LoopUntilLagged<T>({
      ...(onEnd && { onEnd }),
      ...(onReady && { onReady }),
      ...(onDisconnect && { onDisconnect }),
      openUpstream: (hooks) => new RingReader(shared as SharedRing<T>, { ...rest, stages: {}, ...hooks }),
      openDownstream: (hooks) =>
        openQueue({ ...rest, overflow: block, capacityItems: CLIENT_ITEMS, ...hooks }),
    }),
  details: {
    rule: 'A ring of 256 for all clients; for each client a forwarder that waits for a queue of 64. When the ring has lapped it, its loop ends, and nothing says so.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: everything after the first lag, counted nowhere',
    ],
    prediction: 'a client that stalls is cut off after about 64 + 256 events, and gets 65 of them',
    bestFor: 'showing that a gap must be told and a feed must live on',
    alsoCalled: [{ name: 'Block', where: 'ironstar' }],
    namingTrap: 'Its sketch calls it Block; nothing but the forwarder of that one client ever waits.',
    gotchas: ['A run with it is invalid as soon as one client lags.'],
  },
} satisfies TopologyDefinition as TopologyDefinition;
