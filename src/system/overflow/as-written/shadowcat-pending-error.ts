import type { OverflowPolicy } from '../policy.ts';

/** The sketch's MAX_PENDING_EVENTS. */
const MAX_PENDING_ITEMS = 100;

/**
 * Wrong on purpose: shadowcat's limit on pending events as it was written.
 *
 * It says "buffer full, applying backpressure" and answers an error, which ends the stream: it is fail, with
 * a limit that one chunk of small events exceeds.
 */
export default {
  name: 'as-written/shadowcat-pending-error',
  stage: 'overflow',
  summary: 'claims backpressure at 100 pending items, kills the stream',
  specimen: true,
  fixedCapacityItems: MAX_PENDING_ITEMS,
  onFull: () => 'break',
  incomingReason: 'overflow.fail',
  effects: { drops: true, disconnects: true },
  reasons: ['overflow.fail', 'closed'],
  params: [],
  details: {
    rule: 'The item that comes when 100 are pending is dropped and the channel closes; everything queued is failed as closed.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: the rest of the stream, and 100 queued items',
    ],
    prediction: 'a healthy stream ends with the first burst of more than 100 items',
    bestFor: 'showing that an error is not backpressure',
    alsoCalled: [],
    namingTrap: 'Its message says "applying backpressure": nobody is slowed down, the stream ends.',
    gotchas: ['It counts items and not bytes: 100 items of 1 MB are 100 MB for each connection.'],
  },
} satisfies OverflowPolicy as OverflowPolicy;
