/** Random schedules of steps as fast-check commands. */
import fc from 'fast-check';
import type { Setup, Values } from './model.ts';
import { type MakeChannel, type Step, Trial } from './trial.ts';

/** Printed by fast-check when a property fails, together with the shrunk schedule. */
export const SEED = 4711;

type None = Record<string, never>;

class StepCommand implements fc.AsyncCommand<None, Trial> {
  private readonly step: Step;

  constructor(step: Step) {
    this.step = step;
  }

  check(): boolean {
    return true;
  }

  run(_model: None, trial: Trial): Promise<void> {
    return trial.play(this.step);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

const nth = fc.nat({ max: 5 });
const item = {
  do: fc.constant('offer' as const),
  size: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
  class: fc.constantFrom(0, 1, 1, 2, 2, 7),
  key: fc.constantFrom('a', 'b', 'c'),
  flow: fc.constantFrom('x', 'y', 'z'),
  abortable: fc.boolean(),
};
const offer = fc.record(item);

const stepArbitraries: fc.Arbitrary<Step>[] = [
  offer,
  offer,
  offer,
  fc.record({ ...item, aborted: fc.constant(true) }),
  fc.constant({ do: 'tryTake' }),
  fc.constant({ do: 'tryTake' }),
  fc.constant({ do: 'take' }),
  fc.record({ do: fc.constantFrom('deliver' as const, 'fail' as const), nth }),
  fc.record({ do: fc.constantFrom('cancelOffer' as const, 'cancelTaker' as const), nth }),
  fc.record({
    do: fc.constant('advance' as const),
    // Whole milliseconds meet the limits of the strategies exactly.
    ns: fc.oneof(
      fc.integer({ min: 0, max: 5 }).map((ms) => ms * 1e6),
      fc.integer({ min: 0, max: 5e6 }),
    ),
  }),
  // Rare, or most schedules would end early.
  fc
    .integer({ min: 0, max: 9 })
    .map((n): Step => (n === 0 ? { do: 'close' } : n === 1 ? { do: 'discard' } : { do: 'tryTake' })),
];

const choice = (...words: string[]): fc.Arbitrary<string> => fc.constantFrom(...words);
const ms = fc.integer({ min: 1, max: 12 });
const percent = fc.integer({ min: 0, max: 90 }).map((value) => value / 100);

/** Values of the policies that take any; short times and small numbers, so that they matter here. */
const POLICY_VALUES: Record<string, Record<string, fc.Arbitrary<number | string>>> = {
  timeout: { deadlineMs: ms, fallback: choice('drop-newest', 'drop-oldest', 'fail') },
  fail: { drainBeforeFail: choice('false', 'true') },
  coalesce: { position: choice('keep', 'tail'), inner: choice('drop-newest', 'drop-oldest') },
  merge: { scope: choice('tail', 'key'), inner: choice('drop-newest', 'drop-oldest') },
  'evict-lowest-priority': { strict: choice('true', 'false') },
  reserve: { reserve: percent, reserveNormal: percent, critical: choice('fail', 'block') },
  'evict-longest': { batch: fc.integer({ min: 1, max: 4 }) },
};

const SCHEDULER_VALUES: Record<string, Record<string, fc.Arbitrary<number>>> = {
  'priority+aging': { agingMs: ms },
  'adaptive-lifo': { withinMs: fc.integer({ min: 0, max: 12 }) },
  drr: { quantumBytes: fc.integer({ min: 1, max: 80 }) },
};

export interface Kind {
  readonly policy: string;
  /** Default: none. */
  readonly scheduler?: string;
  /** With an age limit in some of the schedules. */
  readonly hasTtl?: boolean;
}

export function setupOf({ policy, scheduler = 'none', hasTtl = false }: Kind): fc.Arbitrary<Setup> {
  return fc.record({
    policy: fc.constant(policy),
    params: fc.record(POLICY_VALUES[policy] ?? {}) as fc.Arbitrary<Values>,
    scheduler: fc.constant(scheduler),
    schedulerParams: fc.record(SCHEDULER_VALUES[scheduler] ?? {}) as fc.Arbitrary<Values>,
    capacityItems: fc.integer({ min: 1, max: 5 }),
    // Unbounded always has a guard; the others may have no byte bound at all.
    capacityBytes: fc.oneof(
      fc.integer({ min: 30, max: 150 }),
      fc.constant(policy === 'unbounded' ? 1_000_000 : 0),
    ),
    maxWaiters: fc.integer({ min: 0, max: 4 }),
    ttlMs: hasTtl ? fc.constantFrom(0, 3, 8) : fc.constant(0),
  });
}

/** Plays random schedules against channels of `make`; with `only`, checks that property alone. */
export function scheduleProperty(
  kind: Kind,
  make?: MakeChannel,
  only?: string,
): fc.IAsyncProperty<[Setup, Iterable<fc.AsyncCommand<None, Trial>>]> {
  const commands = fc.commands(
    stepArbitraries.map((arbitrary) => arbitrary.map((step) => new StepCommand(step))),
    { size: 'max', maxCommands: 60 },
  );
  return fc.asyncProperty(setupOf(kind), commands, async (setup, steps) => {
    const trial = new Trial(setup, make, only);
    await fc.asyncModelRun(() => ({ model: {}, real: trial }), steps);
    await trial.finish();
  });
}

/** What stopped it when only `property` was checked; `undefined` when it lived. */
export async function findKiller(
  property: string,
  kind: Kind,
  make?: MakeChannel,
  numRuns = 300,
): Promise<string | undefined> {
  const { errorInstance } = await fc.check(scheduleProperty(kind, make, property), {
    seed: SEED,
    numRuns,
    endOnFailure: true,
  });
  return errorInstance instanceof Error ? errorInstance.message : undefined;
}
