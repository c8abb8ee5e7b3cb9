import { CLASS_CRITICAL } from '../../channel/entry.ts';
import type { OverflowPolicy } from '../policy.ts';

/** What the sketch calls high. */
const HIGH_DEPTH = 0.8;

/**
 * Wrong on purpose: termtap's sketch of dropping non-critical events as it was written.
 *
 * It judges each event by itself: the end of a request is dropped although its start was shown, and the
 * request stays pending on the screen for ever. Critical events block the request path, as before.
 */
export default {
  name: 'as-written/termtap-drop-terminal',
  stage: 'overflow',
  summary: 'drops ends whose starts were shown: requests stay pending for ever',
  specimen: true,
  capacityFor: (queue, incoming) =>
    incoming.class === CLASS_CRITICAL ? queue.capacityItems : Math.ceil(queue.capacityItems * HIGH_DEPTH),
  onFull: (_queue, incoming) => (incoming.class === CLASS_CRITICAL ? 'wait' : 'drop-incoming'),
  incomingReason: 'priority.shed',
  effects: { drops: true, holdsProducer: true, readsClass: true },
  reasons: ['priority.shed', 'waiters_full', 'cancelled'],
  params: [],
  details: {
    rule: 'From 80 % depth on every item that is not critical is dropped; a critical one waits for room.',
    guarantees: [
      'order: delivered as offered',
      'loss: single events, whatever became of the others of the same request',
    ],
    prediction: 'under overload a share of the started requests never ends on the screen, and it only grows',
    bestFor: 'showing that events of one request have to be shed together',
    alsoCalled: [],
    namingTrap: null,
    gotchas: [
      'Shed by request: none of its events, or the start and the end.',
      'That critical events block couples the request path again, which is what it was to cure.',
    ],
  },
} satisfies OverflowPolicy as OverflowPolicy;
