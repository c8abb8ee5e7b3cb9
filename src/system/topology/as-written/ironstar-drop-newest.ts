import type { ChannelOptions } from '../../channel/channel.ts';
import { SeriesChannel } from '../../channel/relay.ts';
import dropNewest from '../../overflow/drop-newest.ts';
import type { Params } from '../../strategies/definition.ts';
import { RingReader } from '../ring-reader.ts';
import { SharedRing } from '../shared-ring.ts';
import type { OpenQueue, TopologyDefinition } from '../topology.ts';

const RING_ITEMS = 256;
const CLIENT_ITEMS = 64;

const createRing = () =>
  new SharedRing<unknown>({ capacityItems: RING_ITEMS, capacityBytes: 0, resume: 'oldest', isGated: false });

/** `try_send` answers "closed" when the client has gone; the loop takes that for "full" and goes on. */
class LoopForEver<T> extends SeriesChannel<T> {
  override get closed(): boolean {
    return this.downstream.closed;
  }

  override close(): void {
    this.downstream.close();
  }
}

/**
 * Wrong on purpose: ironstar's sketch of DropNewest as it was written.
 *
 * The right item is dropped; but a forwarder whose client has gone reads the ring for ever.
 */
export default {
  name: 'as-written/ironstar-drop-newest',
  stage: 'topology',
  summary: 'drops the arriving event; leaks one forwarder for each client that has gone',
  specimen: true,
  params: [],
  effects: { drops: true, replacesQueue: true, joinsConsumers: true },
  reasons: ['overflow.drop-newest'],
  createShared: createRing,
  create: <T>(
    _params: Params,
    openQueue: OpenQueue<T>,
    { onEnd, onReady, onDisconnect, ...rest }: ChannelOptions<T>,
    shared: unknown = createRing(),
  ) =>
    new LoopForEver<T>({
      ...(onEnd && { onEnd }),
      ...(onReady && { onReady }),
      ...(onDisconnect && { onDisconnect }),
      openUpstream: (hooks) => new RingReader(shared as SharedRing<T>, { ...rest, stages: {}, ...hooks }),
      openDownstream: (hooks) =>
        openQueue({ ...rest, overflow: dropNewest, capacityItems: CLIENT_ITEMS, ...hooks }),
    }),
  details: {
    rule: 'A ring of 256 for all clients; for each client a forwarder that tries a queue of 64 and drops what does not fit. That the queue is closed is taken for full: the forwarder never ends.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: arriving events, while the queue is full',
    ],
    prediction: 'one forwarder more for each client that has gone, for ever',
    bestFor: 'showing that what a client used must be gone with it',
    alsoCalled: [{ name: 'DropNewest', where: 'ironstar' }],
    namingTrap: null,
    gotchas: [
      'Its loss and its ledger are right; only counting what lives after a client has gone shows the leak.',
    ],
  },
} satisfies TopologyDefinition as TopologyDefinition;
