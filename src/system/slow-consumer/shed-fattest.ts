import { backlogBytes } from './backlog.ts';
import type { ConsumerVerdict, ConsumerView, SlowConsumerDefinition, SlowConsumerRule } from './rule.ts';

/** All consumers of a boundary with what waits for each, in the order in which they came. */
class Crowd {
  private readonly budgetBytes: number;
  private readonly members = new Set<Member>();
  private totalBytes = 0;

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  /** Of the consumers that went over the budget together, the fattest; of equals, the oldest. */
  update(member: Member, bytes: number): void {
    this.members.add(member);
    this.totalBytes += bytes - member.bytes;
    member.bytes = bytes;
    while (this.totalBytes > this.budgetBytes) this.shed(this.fattest());
  }

  remove(member: Member): void {
    if (!this.members.delete(member)) return;
    this.totalBytes -= member.bytes;
    member.bytes = 0;
  }

  /** Whoever goes counts no more from here on: its bytes are as good as free. */
  private shed(member: Member): void {
    this.remove(member);
    member.isShed = true;
    member.consumer?.disconnect();
  }

  /** Every consumer is looked at, but only when the budget is passed. */
  private fattest(): Member {
    let fattest: Member | undefined;
    for (const member of this.members) {
      if (fattest === undefined || member.bytes > fattest.bytes) fattest = member;
    }
    return fattest as Member;
  }
}

class Member implements SlowConsumerRule {
  readonly wakeAtNs = Number.POSITIVE_INFINITY;
  bytes = 0;
  isShed = false;
  consumer: ConsumerView | undefined = undefined;
  private readonly crowd: Crowd;

  constructor(crowd: Crowd) {
    this.crowd = crowd;
  }

  observe(consumer: ConsumerView): ConsumerVerdict {
    if (this.isShed) return 'ok';
    this.consumer = consumer;
    this.crowd.update(this, backlogBytes(consumer));
    return 'ok';
  }

  onLeave(): void {
    this.crowd.remove(this);
    this.consumer = undefined;
    this.isShed = true;
  }
}

export default {
  name: 'shed-fattest',
  stage: 'slow-consumer',
  summary: 'disconnect the consumer with the largest backlog when all together pass a budget',
  reasons: ['disconnect.slow'],
  effects: { drops: true, disconnects: true },
  params: [
    {
      key: 'budget',
      name: 'budgetBytes',
      unit: 'bytes',
      min: 1,
      default: 64 * 1024 ** 2,
      summary: 'bytes that may wait, be queued and in flight for all consumers together',
    },
  ],
  createShared: (params) => new Crowd(Number(params['budgetBytes'])),
  create: (_params, shared) => new Member(shared as Crowd),
  details: {
    rule: 'Once the backlogs of all consumers of the boundary together are above budget, the one with the most bytes is disconnected (of equals, the one that came first), until they are not; what is left of it is dropped as disconnect.slow.',
    guarantees: [
      'order: as without it for everybody else',
      'loss: everything pending of few consumers, nothing of the others',
    ],
    prediction:
      'backlogs stay at or below budget; one stopped reader among quick ones goes after (budget + kernel buffers)/(bytes per second)',
    bestFor: 'many consumers in one process, few of them slow',
    alsoCalled: [
      { name: 'reset streams using excessive memory', where: 'Envoy overload manager' },
      { name: 'maxmemory-clients', where: 'Redis, which evicts the largest client' },
    ],
    namingTrap: 'evict-longest drops items of the longest flow within one queue; this one ends a connection.',
    gotchas: [
      'When all are equally slow, it ends healthy connections one by one until the rest fits.',
      'Choosing costs a look at every consumer, at the moment when the budget is passed.',
      'A shed client that reconnects and replays its backlog is soon the fattest again.',
    ],
  },
} satisfies SlowConsumerDefinition as SlowConsumerDefinition;
