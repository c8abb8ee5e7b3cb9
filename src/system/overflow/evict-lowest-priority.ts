import { CLASS_COUNT } from '../channel/entry.ts';
import type { EntryView, OverflowPolicy, QueueView } from './policy.ts';

/**
 * Lets the least important pay: when the queue is full, the oldest item of the lowest class is evicted, if
 * the arriving one is above that class; else the arriving one is dropped.
 *
 * When to use: events of mixed weight share one queue, and no place shall stay empty for any of them.
 * Details: nothing is evicted in vain: where all that may go would not make room for a large item, it is
 *   dropped itself.
 */
function createEvictLowestPriority(isStrict: boolean): OverflowPolicy {
  return {
    name: 'evict-lowest-priority',
    stage: 'overflow',
    summary: 'evict the oldest of the lowest class below the new item',
    needs: ['class'],
    onFull: (queue, incoming) =>
      findVictim(queue, incoming, isStrict ? incoming.class + 1 : incoming.class) ?? 'drop-incoming',
    incomingReason: 'priority.shed',
    victimReason: 'priority.evicted',
    effects: { drops: true, readsClass: true },
    reasons: ['priority.shed', 'priority.evicted'],
    configure: (params) => createEvictLowestPriority(params['strict'] !== 'false'),
    params: [
      {
        key: 'strict',
        name: 'strict',
        choices: ['true', 'false'],
        default: 'true',
        summary: 'false: an item may also evict the oldest of its own class',
      },
    ],
    details: {
      rule: 'The victim is the oldest item of the lowest class that is queued. If its class is strictly lower than that of the arriving item it is evicted, as often as both bounds need; otherwise, or if all lower items together would not make room, the arriving item is dropped.',
      guarantees: [
        'order: what is delivered keeps the order of its offers',
        'loss: an item is lost only when nothing lower is queued whose place would do',
      ],
      prediction:
        'the upper classes lose as if the lower ones were not there, up to the item in service; all classes together lose 1 − μ/λ',
      bestFor: 'mixed lifecycle events: ends before progress before chatter',
      alsoCalled: [{ name: 'OVERFLOW_PRIORITY', where: 'Bottleneck' }],
      namingTrap: null,
      gotchas: [
        'It decides who is lost, not who goes first: an important item still waits behind all that is queued. Add strict-priority for that.',
        'A flood of the highest class evicts everything else and then loses its own newest items.',
        'Where all items have one class it is drop-newest; with strict=false, drop-oldest.',
      ],
    },
  };
}

/** The next to go among the classes from `highest` down, if they hold enough to make room for `incoming`. */
function findVictim(queue: QueueView, incoming: EntryView, highest: number): EntryView | undefined {
  const { capacityBytes } = queue;
  let missingItems = queue.depthItems + 1 - queue.capacityItems;
  let missingBytes = capacityBytes === 0 ? 0 : queue.bytes + incoming.cost - capacityBytes;
  let victim: EntryView | undefined;
  for (let index = CLASS_COUNT - 1; index >= highest; index--) {
    const lane = queue.ofClass(index);
    if (lane === undefined) continue;
    victim ??= lane.oldest;
    missingItems -= lane.items;
    missingBytes -= lane.bytes;
    if (missingItems <= 0 && missingBytes <= 0) return victim;
  }
  return undefined;
}

export default createEvictLowestPriority(true);
