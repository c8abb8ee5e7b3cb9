import type { EntryView, LaneView, OverflowPolicy, QueueView } from './policy.ts';

/**
 * Lets the greedy pay: when the queue is full, the flow with the most bytes in it loses items from its head,
 * up to half of what it has.
 *
 * When to use: many clients share one queue and one of them floods it.
 * Details: several go at a time, so that the search through all flows is paid once for many items.
 */
function createEvictLongest(batch: number): OverflowPolicy {
  // Of the eviction under way: an arrival and all that it evicts are one step.
  let left = 0;
  let enoughBytes = 0;
  return {
    name: 'evict-longest',
    stage: 'overflow',
    summary: 'the flow with the most bytes loses its oldest items',
    needs: ['flow'],
    onFull(queue) {
      const longest = findLongest(queue);
      if (longest === undefined) return 'drop-incoming';
      left = batch;
      enoughBytes = longest.bytes - Math.floor(longest.bytes / 2);
      return longest.oldest as EntryView;
    },
    evictMore(queue, victim) {
      const flow = queue.flows.get(victim.flow);
      left--;
      return flow !== undefined && left > 0 && flow.bytes > enoughBytes ? flow.oldest : undefined;
    },
    effects: { drops: true, readsFlow: true },
    reasons: ['overflow.evict-longest'],
    configure: (params) => createEvictLongest(Number(params['batch'] ?? batch)),
    params: [
      {
        key: 'batch',
        name: 'batch',
        unit: 'items',
        min: 1,
        default: DEFAULT_BATCH,
        summary: 'most items that one arrival evicts at a time',
      },
    ],
    details: {
      rule: 'Among the flows that are queued the one with the most bytes is the victim (the one queued longest, where two have the same). Its oldest items are evicted until half of its bytes or batch of its items are gone, at least one; then the arriving item is appended.',
      guarantees: [
        'order: what is delivered keeps the order of its offers',
        'loss: the longest flow alone; a flow below its fair share of the queue loses nothing',
      ],
      prediction:
        'flows share μ as water fills a vessel: each gets the least of its own demand and an equal share of what is left',
      bestFor: 'many clients, one of them greedy',
      alsoCalled: [{ name: 'fq_codel overflow', where: 'Linux, batch 64' }],
      namingTrap: null,
      gotchas: [
        'A greedy flow loses half its backlog at once: long gaps there, none elsewhere.',
        'It looks at every flow that is queued when it evicts: a cost that grows with their number, paid once per batch.',
        'Where all items are of one flow it evicts half the queue at a time.',
        'It decides who is lost, not who goes first: add drr or fq-codel for that.',
      ],
    },
  };
}

const DEFAULT_BATCH = 64;

function findLongest(queue: QueueView): LaneView | undefined {
  let longest: LaneView | undefined;
  for (const flow of queue.flows.values()) {
    if (longest === undefined || flow.bytes > longest.bytes) longest = flow;
  }
  return longest;
}

export default createEvictLongest(DEFAULT_BATCH);
