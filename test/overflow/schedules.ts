/** Random schedules of everything that can happen to a queue. */
import fc from 'fast-check';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { makeItem, Probe } from './probe.ts';

export const SEED = 4711;

export type Step =
  | {
      readonly do: 'offer';
      readonly bytes: number;
      readonly class: number;
      readonly key: string;
      readonly flow: string;
    }
  | { readonly do: 'take' | 'deliver' | 'fail' | 'close' | 'discard' | 'breakDisk' | 'mendDisk' }
  | { readonly do: 'cancel'; readonly nth: number }
  | { readonly do: 'advance'; readonly ms: number };

const offer: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('offer' as const),
  bytes: fc.oneof(fc.constant(10), fc.integer({ min: 0, max: 70 })),
  class: fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({ min: 0, max: 7 })),
  key: fc.constantFrom('A', 'B', 'C'),
  flow: fc.constantFrom('x', 'y', 'z'),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: offer },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'take' }) },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'deliver' }, { do: 'fail' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: fc.nat({ max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat({ max: 150 }) }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'breakDisk' }, { do: 'mendDisk' }) },
);

export interface Schedule {
  readonly capacityItems: number;
  readonly capacityBytes: number;
  readonly maxWaiters: number;
  readonly steps: readonly Step[];
  readonly end: 'drain' | 'discard' | 'close';
}

export const schedule: fc.Arbitrary<Schedule> = fc.record({
  capacityItems: fc.integer({ min: 1, max: 5 }),
  capacityBytes: fc.oneof(fc.constant(0), fc.integer({ min: 60, max: 150 })),
  maxWaiters: fc.nat({ max: 3 }),
  steps: fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
  end: fc.constantFrom('drain', 'discard', 'close'),
});

export function apply(probe: Probe, step: Step): void {
  switch (step.do) {
    case 'offer':
      probe.offer(makeItem(probe.offered.length + 1, step), probe.offered.length % 2 === 0);
      return;
    case 'take':
      probe.take();
      return;
    case 'deliver':
    case 'fail':
      probe.land(step.do === 'deliver' ? 'delivered' : 'failed');
      return;
    case 'close':
      probe.channel.close();
      return;
    case 'discard':
      probe.channel.discardQueued('shutdown');
      return;
    case 'breakDisk':
      probe.files.failAll('EIO');
      return;
    case 'mendDisk':
      probe.files.faults = {};
      return;
    case 'cancel':
      probe.aborts[step.nth % Math.max(1, probe.aborts.length)]?.abort();
      return;
    case 'advance':
      probe.advanceMs(step.ms);
  }
}

/** Plays all of it and checks the contract after each step; answers the probe, finished. */
export async function play(policy: OverflowPolicy, { steps, end, ...bounds }: Schedule): Promise<Probe> {
  const probe = new Probe(policy, bounds);
  for (const one of steps) {
    apply(probe, one);
    probe.check();
  }
  if (end === 'discard') apply(probe, { do: 'discard' });
  probe.channel.close();
  probe.check();
  if (end === 'close') apply(probe, { do: 'discard' });
  probe.drain();
  await settle();
  probe.checkFinished();
  return probe;
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await null;
}
