import dropNewest from '../../overflow/drop-newest.ts';
import unbounded from '../../overflow/unbounded.ts';
import type { TopologyDefinition } from '../topology.ts';
import { SilentEnd } from './silent-end.ts';

/** The subscription ends at the first item that the outbound queue does not take. */
class UntilFirstFull<T> extends SilentEnd<T> {
  protected override pass(item: T): void {
    if (this.downstream.offer(item) !== 'queued') this.die();
  }
}

/**
 * Wrong on purpose: websocket's subscription task as it was written.
 *
 * It says "non-blocking send". The first "full" ends the task: the connection stays open and never hears again.
 */
export default {
  name: 'as-written/relay-first-full-kills',
  stage: 'topology',
  summary: 'claims not to block; the first full queue ends the subscription silently',
  specimen: true,
  params: [],
  effects: { drops: true },
  reasons: ['overflow.drop-newest'],
  create: (_params, openQueue, { onEnd, onReady, onDisconnect, ...rest }) =>
    new UntilFirstFull({
      ...(onEnd && { onEnd }),
      ...(onReady && { onReady }),
      ...(onDisconnect && { onDisconnect }),
      openUpstream: (hooks) => openQueue({ ...rest, overflow: unbounded, stages: {}, ...hooks }),
      openDownstream: (hooks) => openQueue({ ...rest, overflow: dropNewest, ...hooks }),
    }),
  details: {
    rule: 'A task of the subscription tries to send each item to the outbound queue. The first one that does not fit is dropped, and the task ends.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: everything after the first full queue, counted nowhere',
    ],
    prediction: 'dead after B/(λ − μ), B the capacity of the outbound queue',
    bestFor: 'showing that a feed must live on after a full queue',
    alsoCalled: [{ name: 'try_send', where: 'websocket, in its subscription task' }],
    namingTrap: null,
    gotchas: ['The connection stays open and answers pings: only the missing events show it.'],
  },
} satisfies TopologyDefinition as TopologyDefinition;
