import { NS_PER_MS } from '../../core/clock.ts';
import { findCodelProblem } from '../aqm/codel-params.ts';
import { CodelState } from '../aqm/codel-state.ts';
import type { Key } from '../channel/entry.ts';
import type { Params } from '../strategies/definition.ts';
import { hashFlow } from './flow-hash.ts';
import { Rotation, Turn } from './rotation.ts';
import type { EntryView, QueueView, Scheduler, SchedulingDefinition } from './scheduler.ts';

/**
 * One of the hashed flows, with a CoDel of its own. It stays when it is empty, since CoDel remembers.
 *
 *   resting ─ item ─▶ new ─ quantum used up, or empty ─▶ old ─ empty at its turn ─▶ resting
 */
class Bucket extends Turn<Bucket> {
  readonly codel: CodelState;
  /** The flows in it that have items: one, as a rule. */
  readonly keys: Key[] = [];
  round: Rotation<Bucket> | undefined = undefined;

  constructor(codel: CodelState) {
    super();
    this.codel = codel;
  }

  move(to: Rotation<Bucket> | undefined): void {
    this.round?.remove(this);
    this.round = to;
    to?.push(this);
  }

  /** The channel keeps a lane per flow, not per bucket: of several flows the oldest offer goes first. */
  oldest<T>(queue: QueueView<T>): EntryView<T> | undefined {
    let oldest: EntryView<T> | undefined;
    for (let i = 0; i < this.keys.length; i++) {
      const head = queue.flows.get(this.keys[i] as Key)?.oldest;
      if (head === undefined) continue;
      const isOlder = oldest === undefined || head.sinceNs < oldest.sinceNs;
      if (isOlder || (head.sinceNs === oldest?.sinceNs && head.seq < oldest.seq)) oldest = head;
    }
    return oldest;
  }
}

class FqCodel<T> implements Scheduler<T> {
  private readonly bucketCount: number;
  private readonly quantumBytes: number;
  private readonly targetNs: number;
  private readonly intervalNs: number;
  private readonly buckets = new Map<number, Bucket>();
  private readonly newFlows = new Rotation<Bucket>();
  private readonly oldFlows = new Rotation<Bucket>();

  constructor(bucketCount: number, quantumBytes: number, targetNs: number, intervalNs: number) {
    this.bucketCount = bucketCount;
    this.quantumBytes = quantumBytes;
    this.targetNs = targetNs;
    this.intervalNs = intervalNs;
  }

  next(queue: QueueView<T>): EntryView<T> | undefined {
    for (let visits = 0; ; visits++) {
      const bucket = this.newFlows.head ?? this.oldFlows.head;
      if (bucket === undefined) return undefined;
      if (bucket.deficitBytes <= 0) {
        if (this.newFlows.length === 0 && visits > this.oldFlows.length) {
          this.skipIdleRounds();
          visits = 0;
        }
        bucket.deficitBytes += this.quantumBytes;
        bucket.move(this.oldFlows);
        continue;
      }
      const head = bucket.oldest(queue);
      if (head !== undefined) return head;
      // Without the pass through the old flows, one that sends now and then would be new each time and starve them.
      const isNew = bucket.round === this.newFlows;
      bucket.move(isNew && this.oldFlows.length > 0 ? this.oldFlows : undefined);
    }
  }

  shouldDrop(entry: EntryView<T>, queue: QueueView<T>, nowNs: number): boolean {
    const { codel, keys } = this.bucketOf(entry.flow);
    const isLast = keys.length === 1 && queue.flows.get(entry.flow)?.items === 1;
    return codel.shouldDrop(nowNs - entry.sinceNs, isLast, nowNs);
  }

  onEnqueue(entry: EntryView<T>): void {
    const bucket = this.bucketOf(entry.flow);
    if (!bucket.keys.includes(entry.flow)) bucket.keys.push(entry.flow);
    if (bucket.round !== undefined) return;
    bucket.deficitBytes = this.quantumBytes;
    bucket.move(this.newFlows);
  }

  onRemove(entry: EntryView<T>, taken: boolean, queue: QueueView<T>): void {
    const bucket = this.bucketOf(entry.flow);
    if (taken) bucket.deficitBytes -= entry.cost;
    if (queue.flows.has(entry.flow)) return;
    const { keys } = bucket;
    const last = keys.pop() as Key;
    if (last !== entry.flow) keys[keys.indexOf(entry.flow)] = last;
    if (keys.length === 0) bucket.codel.onEmpty();
  }

  private bucketOf(flow: Key): Bucket {
    const index = hashFlow(flow, this.bucketCount);
    let bucket = this.buckets.get(index);
    if (bucket === undefined) {
      bucket = new Bucket(new CodelState(this.targetNs, this.intervalNs));
      this.buckets.set(index, bucket);
    }
    return bucket;
  }

  /** Nobody may send: adds up the rounds until the first one may, less the one that is under way. */
  private skipIdleRounds(): void {
    let rounds = Number.POSITIVE_INFINITY;
    for (let bucket = this.oldFlows.head; bucket !== undefined; bucket = bucket.after) {
      rounds = Math.min(rounds, Math.floor(-bucket.deficitBytes / this.quantumBytes));
    }
    if (rounds > 0) this.oldFlows.credit(rounds * this.quantumBytes);
  }
}

/**
 * Shares the consumer by bytes among hashed flows, lets flows that begin go first, and drops from each flow
 * that has waited too long.
 *
 * Details: RFC 8290. The channel's lanes are per flow; a bucket looks at those of its flows. Items that are
 *   dropped do not count as sent.
 */
export default {
  name: 'fq-codel',
  stage: 'scheduling',
  summary: 'hashed flows take turns, new ones first, with CoDel in each',
  needs: ['flow'],
  create: <T>(params: Params): Scheduler<T> =>
    new FqCodel<T>(
      Number(params['flows']),
      Number(params['quantumBytes']),
      Number(params['targetMs']) * NS_PER_MS,
      Number(params['intervalMs']) * NS_PER_MS,
    ),
  dropReason: 'aqm.codel',
  effects: { reorders: 'across-flows', drops: true, readsFlow: true, adapts: true },
  reasons: ['aqm.codel'],
  findProblem: findCodelProblem,
  params: [
    {
      key: 'flows',
      name: 'flows',
      unit: 'count',
      min: 1,
      max: 65_536,
      default: 1024,
      summary: 'buckets that flows are hashed into; two in one bucket share its turn',
    },
    {
      key: 'quantum',
      name: 'quantumBytes',
      unit: 'bytes',
      min: 1,
      default: 16 * 1024,
      summary: 'bytes that a turn adds to what a flow may send',
    },
    {
      key: 'target',
      name: 'targetMs',
      unit: 'ms',
      min: 0.001,
      default: 5,
      summary: 'wait that a flow may have all the time',
    },
    {
      key: 'interval',
      name: 'intervalMs',
      unit: 'ms',
      min: 0.001,
      default: 100,
      summary: 'time above target after which a flow begins to lose items',
    },
  ],
  details: {
    rule: 'Flows are hashed into buckets. A bucket that gets its first item is new and has a quantum. New buckets go first, then old ones; each sends while its deficit is above 0, else it gets another quantum and goes to the end of the old ones. A new bucket that becomes empty passes once through the old ones. CoDel decides in each bucket about every item that is about to leave.',
    guarantees: [
      'order: as offered within a flow; flows overtake each other',
      'loss: only from flows that wait above target for a whole interval, never the last item of a flow',
      'fairness: flows that have items all the time get the same bytes, but for those that share a bucket',
    ],
    prediction:
      'a flow that asks for less than its equal share waits about one quantum of the others; a greedy one loses what codel predicts for its own excess',
    bestFor: 'many clients, one consumer, sources that slow down when they lose items',
    alsoCalled: [
      { name: 'fq_codel', where: 'Linux tc' },
      { name: 'FlowQueue-CoDel', where: 'RFC 8290' },
    ],
    namingTrap: null,
    gotchas: [
      'Its losses grow too slowly for sources that do not slow down (see codel): bound the queue with evict-longest, which takes from the flow with the most bytes.',
      'With one flow it is codel, and with items that never wait it is drr with new flows first.',
      'Two flows in one bucket share one turn: of 100 flows in 1024 buckets about five pairs do.',
      'Time that an item spends in a shaper, or waiting at the door, counts as wait.',
    ],
  },
} satisfies SchedulingDefinition as SchedulingDefinition;
