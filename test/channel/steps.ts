/** Random schedules of steps as fast-check commands. */
import fc from 'fast-check';
import type { Setup } from './model.ts';
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

const size = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 }));
const nth = fc.nat({ max: 5 });
const offer = fc.record({ do: fc.constant('offer' as const), size, abortable: fc.boolean() });

const stepArbitraries: fc.Arbitrary<Step>[] = [
  offer,
  offer,
  offer,
  fc.record({ do: fc.constant('offer' as const), size, abortable: fc.boolean(), aborted: fc.constant(true) }),
  fc.constant({ do: 'tryTake' }),
  fc.constant({ do: 'tryTake' }),
  fc.constant({ do: 'take' }),
  fc.record({ do: fc.constantFrom('deliver' as const, 'fail' as const), nth }),
  fc.record({ do: fc.constantFrom('cancelOffer' as const, 'cancelTaker' as const), nth }),
  fc.record({ do: fc.constant('advance' as const), ns: fc.integer({ min: 0, max: 5_000_000 }) }),
  // Rare, or most schedules would end early.
  fc
    .integer({ min: 0, max: 9 })
    .map((n): Step => (n === 0 ? { do: 'close' } : n === 1 ? { do: 'discard' } : { do: 'tryTake' })),
];

export function setupOf(policy: Setup['policy']): fc.Arbitrary<Setup> {
  return fc.record({
    policy: fc.constant(policy),
    capacityItems: fc.integer({ min: 1, max: 5 }),
    // Unbounded always has a guard; the others may have no byte bound at all.
    capacityBytes: fc.oneof(
      fc.integer({ min: 30, max: 150 }),
      fc.constant(policy === 'unbounded' ? 1_000_000 : 0),
    ),
    maxWaiters: fc.integer({ min: 0, max: 4 }),
  });
}

/** Plays random schedules against channels of `make`; with `only`, checks that property alone. */
export function scheduleProperty(
  policy: Setup['policy'],
  make?: MakeChannel,
  only?: string,
): fc.IAsyncProperty<[Setup, Iterable<fc.AsyncCommand<None, Trial>>]> {
  const commands = fc.commands(
    stepArbitraries.map((arbitrary) => arbitrary.map((step) => new StepCommand(step))),
    { size: 'max', maxCommands: 60 },
  );
  return fc.asyncProperty(setupOf(policy), commands, async (setup, steps) => {
    const trial = new Trial(setup, make, only);
    await fc.asyncModelRun(() => ({ model: {}, real: trial }), steps);
    await trial.finish();
  });
}
