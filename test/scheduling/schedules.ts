/** Random schedules on a scheduler and on its reference side by side. */
import fc from 'fast-check';
import { findUnaccounted } from '../../src/core/ledger.ts';
import type { Channel } from '../../src/system/channel/channel.ts';
import type { EntryView, OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { HandClock, type Job, type Making, MS, openQueue, SEED } from './queue.ts';
import { REFERENCES, type Reference, type Waiting } from './references.ts';

export type Step =
  | { readonly do: 'offer'; readonly job: Omit<Job, 'id'>; readonly victim: number }
  /** Takes the place of the nth queued item, with its class and flow. */
  | { readonly do: 'replace'; readonly nth: number; readonly size: number }
  | { readonly do: 'take' | 'wait' | 'discard' }
  /** Also backwards, as a broken clock would. */
  | { readonly do: 'advance'; readonly ms: number };

export interface Schedule {
  readonly capacityItems: number;
  readonly params: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

const FLOWS = ['a', 'b', 'c', 'd', 7, 8, -1, 'long-name-of-a-flow'] as const;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('offer' as const),
      job: fc.record({
        class: fc.nat({ max: 7 }),
        flow: fc.constantFrom(...FLOWS),
        size: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(60)),
      }),
      victim: fc.nat({ max: 20 }),
    }),
  },
  { weight: 30, arbitrary: fc.constant({ do: 'take' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('replace' as const),
      nth: fc.nat({ max: 20 }),
      size: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ do: 'wait' as const }) },
  {
    weight: 20,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: -2, max: 12 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'discard' as const }) },
);

/** Small values, so that every rule of every scheduler comes into play within a schedule. */
const params = fc.record({
  withinMs: fc.integer({ min: 0, max: 40 }),
  agingMs: fc.integer({ min: 1, max: 20 }),
  quantumBytes: fc.integer({ min: 1, max: 12 }),
  flows: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1024)),
  targetMs: fc.integer({ min: 1, max: 4 }),
  intervalMs: fc.integer({ min: 5, max: 10 }),
});

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  capacityItems: fc.integer({ min: 1, max: 12 }),
  params,
  steps: fc.array(step, { minLength: 1, maxLength: 120, size: 'max' }),
});

/** Plays a schedule; what went wrong first, as a sentence that begins with the property. */
export function play(name: string, making: Making, schedule: Schedule): string | undefined {
  const { [name]: Reference } = REFERENCES;
  if (Reference === undefined) throw new Error(`there is no reference for ${name}`);
  return new Trial(making, new Reference(schedule.params), schedule).run();
}

/** A taker waits only at an empty queue, and what is not there cannot be replaced or discarded. */
function isPossible(step: Step, { depthItems }: Channel<Job>): boolean {
  if (step.do === 'wait') return depthItems === 0;
  return depthItems > 0 || (step.do !== 'replace' && step.do !== 'discard');
}

/** The first problem that random schedules find, or `undefined`. */
export function findScheduleProblem(name: string, making: Making, numRuns: number): string | undefined {
  let first: string | undefined;
  const property = fc.property(schedules, (schedule) => {
    const problem = play(name, making, schedule);
    first ??= problem;
    return problem === undefined;
  });
  fc.check(property, { seed: SEED, numRuns, endOnFailure: true });
  return first;
}

class Trial {
  private readonly clock = new HandClock();
  private readonly reference: Reference;
  private readonly schedule: Schedule;
  private readonly channel: Channel<Job>;
  private readonly served: Job[] = [];
  private readonly ended: number[] = [];
  private readonly expected: number[] = [];
  private takers = 0;
  private nextId = 1;
  private victim = 0;
  private replacing: number | undefined;

  constructor(making: Making, reference: Reference, schedule: Schedule) {
    this.reference = reference;
    this.schedule = schedule;
    this.channel = openQueue({
      scheduling: making,
      params: schedule.params,
      clock: this.clock,
      channel: {
        overflow: this.policy(),
        capacityItems: schedule.capacityItems,
        onEnd: (job, end) => {
          if (end !== 'delivered') this.ended.push(job.id);
        },
      },
    });
  }

  run(): string | undefined {
    for (const [index, step] of this.schedule.steps.entries()) {
      const problem = this.apply(step) ?? this.findProblem();
      if (problem !== undefined) return `${problem} (step ${index + 1}, ${step.do})`;
    }
    this.channel.close();
    for (;;) {
      const problem = this.take() ?? this.findProblem();
      if (problem !== undefined) return `${problem} (while draining)`;
      if (this.channel.depthItems === 0) return undefined;
    }
  }

  private apply(step: Step): string | undefined {
    const { reference, channel } = this;
    if (step.do === 'advance') this.clock.ns += step.ms * MS;
    if (step.do === 'advance' || !isPossible(step, channel)) return undefined;
    switch (step.do) {
      case 'offer':
        return this.offer({ id: this.nextId++, ...step.job }, step.victim);
      case 'replace': {
        const old = this.nth(step.nth) as Waiting;
        this.replacing = reference.queue.indexOf(old);
        this.expected.push(old.job.id);
        const job = { ...old.job, id: this.nextId++, size: step.size };
        old.job = job;
        channel.offer(job);
        return undefined;
      }
      case 'take':
        return this.take();
      case 'wait':
        this.takers++;
        reference.take(this.clock.steadyNs);
        void Promise.resolve(channel.take()).then((job) => job && channel.delivered(job));
        return undefined;
      case 'discard':
        for (const waiting of [...reference.queue]) {
          this.expected.push(waiting.job.id);
          reference.evict(waiting);
        }
        channel.discardQueued('shutdown');
        return undefined;
    }
  }

  private offer(job: Job, victim: number): undefined {
    const { reference } = this;
    this.victim = victim;
    if (reference.queue.length >= this.schedule.capacityItems) {
      const evicted = this.nth(victim) as Waiting;
      this.expected.push(evicted.job.id);
      reference.evict(evicted);
    }
    reference.join(job, this.clock.steadyNs);
    // A taker that waits is served at once; another one then looks in vain.
    if (this.takers > 0) {
      reference.take(this.clock.steadyNs);
      this.takers--;
      if (this.takers > 0) reference.take(this.clock.steadyNs);
    }
    this.channel.offer(job);
  }

  private take(): string | undefined {
    const before = this.channel.depthItems;
    const job = this.channel.tryTake();
    const wanted = this.reference.take(this.clock.steadyNs);
    this.expected.push(...this.reference.dropped.splice(0));
    if (job !== undefined) {
      this.served.push(job);
      this.channel.delivered(job);
    }
    if (job === undefined && before > 0) return `P19 idle with ${before} queued`;
    if (job?.id === wanted?.id) return undefined;
    return `P6 expected ${wanted?.id ?? 'nothing'} to leave, got ${job?.id ?? 'nothing'}`;
  }

  private findProblem(): string | undefined {
    const { channel, reference } = this;
    const unaccounted = findUnaccounted(channel.ledger());
    if (unaccounted !== 0) return `P1 ${unaccounted} unaccounted`;
    if (channel.depthItems !== reference.queue.length) {
      return `P7 expected ${reference.queue.length} queued, got ${channel.depthItems}`;
    }
    if (this.ended.join() !== this.expected.join()) {
      return `P26 expected ${this.expected} to be dropped, got ${this.ended}`;
    }
    return undefined;
  }

  private nth(nth: number): Waiting | undefined {
    return this.reference.queue[nth % Math.max(this.reference.queue.length, 1)];
  }

  /** Evicts whichever the schedule says, and lets an item take the place of another. */
  private policy(): OverflowPolicy {
    const find = (queue: { oldest: EntryView | undefined }, index: number): EntryView | undefined => {
      let entry = queue.oldest;
      for (let i = 0; i < index; i++) entry = entry?.newer;
      return entry;
    };
    return {
      name: 'test',
      onFull: (queue) => find(queue, this.victim % queue.depthItems) ?? 'drop-incoming',
      absorb: (queue) => {
        const { replacing } = this;
        this.replacing = undefined;
        return replacing === undefined ? undefined : find(queue, replacing);
      },
    } as Partial<OverflowPolicy> as OverflowPolicy;
  }
}
