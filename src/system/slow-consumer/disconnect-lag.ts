import { NS_PER_MS } from '../../core/clock.ts';
import { backlogItems } from './backlog.ts';
import type { ConsumerVerdict, ConsumerView, SlowConsumerDefinition, SlowConsumerRule } from './rule.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Lag counts offers, not what is queued: dropping makes the queue shorter and nobody more up to date. */
class Lag implements SlowConsumerRule {
  wakeAtNs = NEVER;
  private readonly maxLagItems: number;
  private readonly maxAgeNs: number;
  /** The newest offer that it had nothing to do with: what came while it was idle is not its lag. */
  private idleSeq = 0;
  private wasIdle = true;

  constructor(maxLagItems: number, maxAgeMs: number) {
    this.maxLagItems = maxLagItems;
    this.maxAgeNs = maxAgeMs * NS_PER_MS;
  }

  observe(consumer: ConsumerView, nowNs: number): ConsumerVerdict {
    this.wakeAtNs = NEVER;
    const backlog = backlogItems(consumer);
    if (backlog === 0) {
      this.wasIdle = true;
      return 'ok';
    }
    if (this.wasIdle) this.idleSeq = consumer.offeredSeq - backlog;
    this.wasIdle = false;
    const lag = consumer.offeredSeq - Math.max(consumer.deliveredSeq, this.idleSeq);
    // The first whole nanosecond at which it is behind for longer.
    const overNs = consumer.oldestNs + this.maxAgeNs;
    if (lag > this.maxLagItems || nowNs > overNs) return 'disconnect';
    this.wakeAtNs = Math.floor(overNs) + 1;
    return 'ok';
  }
}

export default {
  name: 'disconnect-lag',
  stage: 'slow-consumer',
  summary: 'disconnect a consumer that is too many items or too much time behind',
  reasons: ['disconnect.slow'],
  effects: { drops: true, disconnects: true },
  params: [
    {
      key: 'items',
      name: 'maxLagItems',
      unit: 'items',
      min: 1,
      default: 10_000,
      summary: 'offers since the newest item that it has finished',
    },
    {
      key: 'age',
      name: 'maxAgeMs',
      unit: 'ms',
      min: 0.001,
      default: 30_000,
      summary: 'age of its oldest pending item',
    },
  ],
  create: (params) => new Lag(Number(params['maxLagItems']), Number(params['maxAgeMs'])),
  details: {
    rule: 'A busy consumer is disconnected once more than items offers have come since the newest one it has finished (or since it was last idle), or once its oldest pending item is older than age; what is left is dropped as disconnect.slow.',
    guarantees: [
      'order: what was delivered keeps the order of the queue',
      'loss: everything pending; whoever stays is at most that far behind',
    ],
    prediction: 'a stopped consumer goes after min(items/λ, age), beyond what the kernel’s buffers hold',
    bestFor: 'feeds where a client is better off with a fresh start: reconnect, snapshot, go on',
    alsoCalled: [
      { name: 'Lagged', where: 'tokio broadcast, which goes on instead' },
      { name: 'max.poll.interval.ms', where: 'Kafka, by time alone' },
    ],
    namingTrap:
      'Lag here is how far behind one consumer is; dropped as lag are items that a ring has lapped.',
    gotchas: [
      'Dropped and refused offers count: a dropping queue is short and its consumer still behind.',
      'Without a way to resume, the client comes back with nothing and falls behind again.',
    ],
  },
} satisfies SlowConsumerDefinition as SlowConsumerDefinition;
