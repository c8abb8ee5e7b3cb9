import type { Key } from '../channel/entry.ts';
import type { Params } from '../strategies/definition.ts';
import { Rotation, Turn } from './rotation.ts';
import type { EntryView, QueueView, Scheduler, SchedulingDefinition } from './scheduler.ts';

class Flow extends Turn<Flow> {
  key: Key = '';
}

/** Flows with items take turns; each turn adds a quantum of bytes to what a flow may send. */
class DeficitRoundRobin<T> implements Scheduler<T> {
  private readonly quantumBytes: number;
  private readonly flows = new Map<Key, Flow>();
  private readonly round = new Rotation<Flow>();
  /** Flows to be used again, linked by `after`. */
  private idle: Flow | undefined = undefined;
  /** The head of the round has got its quantum for this turn. */
  private hasTurn = false;

  constructor(quantumBytes: number) {
    this.quantumBytes = quantumBytes;
  }

  next(queue: QueueView<T>): EntryView<T> | undefined {
    for (let visits = 0; ; visits++) {
      const flow = this.round.head;
      if (flow === undefined) return undefined;
      const head = queue.flows.get(flow.key)?.oldest;
      if (head === undefined) return undefined;
      if (!this.hasTurn) {
        // After a round in which nobody could send, the rounds that change nothing are added up.
        if (visits >= this.round.length) {
          this.round.credit(this.findIdleRounds(queue) * this.quantumBytes);
          visits = 0;
        }
        flow.deficitBytes += this.quantumBytes;
        this.hasTurn = true;
      }
      if (head.cost <= flow.deficitBytes) return head;
      this.hasTurn = false;
      this.round.rotate();
    }
  }

  onEnqueue(entry: EntryView<T>): void {
    if (this.flows.has(entry.flow)) return;
    const flow = this.idle ?? new Flow();
    this.idle = flow.after;
    flow.key = entry.flow;
    flow.deficitBytes = 0;
    this.flows.set(entry.flow, flow);
    this.round.push(flow);
  }

  onRemove(entry: EntryView<T>, taken: boolean, queue: QueueView<T>): void {
    const flow = this.flows.get(entry.flow);
    if (flow === undefined) return;
    if (taken) flow.deficitBytes -= entry.cost;
    if (queue.flows.has(entry.flow)) return;
    if (flow === this.round.head) this.hasTurn = false;
    this.round.remove(flow);
    this.flows.delete(entry.flow);
    flow.after = this.idle;
    this.idle = flow;
  }

  /** Whole rounds before the one in which the first flow may send. */
  private findIdleRounds(queue: QueueView<T>): number {
    let rounds = Number.POSITIVE_INFINITY;
    for (let flow = this.round.head; flow !== undefined; flow = flow.after) {
      const cost = queue.flows.get(flow.key)?.oldest?.cost ?? 0;
      rounds = Math.min(rounds, Math.ceil((cost - flow.deficitBytes) / this.quantumBytes));
    }
    return Math.max(rounds - 1, 0);
  }
}

/**
 * Shares the consumer by bytes: every flow with items gets the same, however many or large its items are.
 *
 * Details: M. Shreedhar and G. Varghese, "Efficient fair queueing using deficit round robin", 1995. A flow
 *   that becomes empty loses what it had left; it comes back at the end of the round.
 */
export default {
  name: 'drr',
  stage: 'scheduling',
  summary: 'flows take turns, each with the same number of bytes',
  needs: ['flow'],
  create: <T>(params: Params): Scheduler<T> => new DeficitRoundRobin<T>(Number(params['quantumBytes'])),
  effects: { reorders: 'across-flows', readsFlow: true },
  reasons: [],
  params: [
    {
      key: 'quantum',
      name: 'quantumBytes',
      unit: 'bytes',
      min: 1,
      default: 64 * 1024,
      summary: 'bytes that a turn adds to what a flow may send; at least the largest item',
    },
  ],
  details: {
    rule: 'Flows with items take turns. A turn adds quantum bytes to the deficit of its flow, which sends items while the next one costs no more than the deficit. A flow without items has deficit 0.',
    guarantees: [
      'order: as offered within a flow; flows overtake each other',
      'loss: none of its own',
      'fairness: two flows that both have items all the time differ by at most quantum + 2 · largest item, in bytes',
    ],
    prediction: 'each flow gets min(its demand, an equal share of what the others leave), in bytes',
    bestFor: 'several clients or requests that share one consumer',
    alsoCalled: [
      { name: 'deficit round robin', where: 'Shreedhar and Varghese, 1995' },
      { name: 'drr', where: 'Linux tc' },
    ],
    namingTrap: null,
    gotchas: [
      'With a quantum below the size of an item a flow needs several turns to send it. Nothing stands still, but choosing costs more: keep quantum at or above the largest item.',
      'A large quantum makes turns long: a light flow waits up to (flows − 1) · quantum bytes.',
      'Fair leaving is not fair losing: with drop-newest a greedy flow still fills the queue. Pair it with evict-longest.',
      'Items cost their size and the overhead that the queue counts for each.',
    ],
  },
} satisfies SchedulingDefinition as SchedulingDefinition;
