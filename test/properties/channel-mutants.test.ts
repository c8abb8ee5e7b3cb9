import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import ironstarDropOldest from '../../src/system/overflow/as-written/ironstar-drop-oldest.ts';
import type { Setup } from '../channel/model.ts';
import { type Bug, makeArrayChannel, makeWithPolicy } from '../channel/mutants.ts';
import { SEED, scheduleProperty } from '../channel/steps.ts';
import type { MakeChannel } from '../channel/trial.ts';

/** The property that stopped it when only that one was checked; `undefined` when it lived. */
async function findKiller(
  property: string,
  policy: Setup['policy'],
  make: MakeChannel,
): Promise<string | undefined> {
  const details = await fc.check(scheduleProperty(policy, make, property), {
    seed: SEED,
    numRuns: 300,
    endOnFailure: true,
  });
  const { errorInstance } = details;
  return errorInstance instanceof Error ? errorInstance.message.split(' ')[0] : undefined;
}

const BUGS: [property: string, policy: Setup['policy'], bug: Bug][] = [
  ['P1', 'block', 'close forgets waiting offers'],
  ['P2', 'drop-oldest', 'bound by length before the add'],
  ['P2', 'block', 'bound by length before the add'],
  ['P6', 'block', 'takes the newest first'],
  ['P6', 'drop-oldest', 'takes the newest first'],
  ['P9', 'drop-oldest', 'takes the newest first'],
  ['P10', 'drop-newest', 'evicts the youngest queued'],
  ['P15', 'block', 'frees no slot for waiting offers'],
  ['P15', 'block', 'a cancelled waiter keeps its place'],
  ['P16', 'block', 'cancel removes the head of the line'],
  ['P7', 'drop-oldest', 'bytes never given back'],
];

describe('the properties notice a channel that is wrong on purpose', () => {
  it.each(BUGS)('%s kills, under %s, a channel that: %s', async (property, policy, bug) => {
    expect(await findKiller(property, policy, makeArrayChannel(bug))).toBe(property);
  });

  // Without this, a kill above could be the fault of the array channel and not of its bug.
  it.each(['block', 'drop-oldest', 'drop-newest'] as const)(
    'all of them together pass the same %s channel without a bug',
    async (policy) => {
      const property = scheduleProperty(policy, makeArrayChannel('none'));
      await fc.assert(property, { seed: SEED, numRuns: 150 });
    },
  );
});

describe('the properties notice a policy that is not what its label says', () => {
  it('P9 kills drop-newest under the label drop-oldest', async () => {
    const make = makeWithPolicy({ onFull: () => 'drop-incoming' });
    expect(await findKiller('P9', 'drop-oldest', make)).toBe('P9');
  });

  it('P10 kills drop-oldest under the label drop-newest', async () => {
    const make = makeWithPolicy({ onFull: (queue) => queue.oldest ?? 'accept' });
    expect(await findKiller('P10', 'drop-newest', make)).toBe('P10');
  });

  it('P2 kills a policy that appends above the bounds', async () => {
    const make = makeWithPolicy({ onFull: () => 'accept' });
    expect(await findKiller('P2', 'drop-oldest', make)).toBe('P2');
  });

  it('P4 kills a drop without its own reason', async () => {
    const make = makeWithPolicy({ incomingReason: 'other' });
    expect(await findKiller('P4', 'drop-newest', make)).toBe('P4');
  });

  it.each(['P1', 'P7', 'P9'])('%s kills the specimen ironstar-drop-oldest', async (property) => {
    const make = makeWithPolicy({ onFull: ironstarDropOldest.onFull });
    expect(await findKiller(property, 'drop-oldest', make)).toBe(property);
  });
});
