import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import type { Setup } from '../channel/model.ts';
import { makeWithPolicy } from '../channel/mutants.ts';
import { SEED } from '../channel/steps.ts';
import { type MakeChannel, type Step, Trial } from '../channel/trial.ts';

const SETUP = { capacityItems: 4, capacityBytes: 120, maxWaiters: 3 };

/** Plays 400 seeded steps in virtual time and hashes every ledger on the way; checks nothing else. */
async function digest(policy: Setup['policy'], seed: number, make?: MakeChannel): Promise<string> {
  const random = createRandom(seed, 'digest');
  const trial = new Trial({ policy, ...SETUP }, make, 'nothing');
  const hash = createHash('sha256');
  for (let i = 0; i < 400; i++) {
    const steps: Step[] = [
      { do: 'offer', size: random.int(60), abortable: true },
      { do: 'offer', size: random.int(60), abortable: false },
      { do: 'tryTake' },
      { do: 'deliver', nth: random.int(3) },
      { do: 'cancelOffer', nth: random.int(9) },
      { do: 'advance', ns: random.int(1e6) },
    ];
    await trial.play(steps[random.int(steps.length)] as Step);
    hash.update(JSON.stringify([trial.channel.ledger(), trial.channel.blockedMs]));
  }
  return hash.digest('hex');
}

describe('P35: a channel in virtual time', () => {
  it.each(['block', 'drop-oldest', 'drop-newest', 'unbounded'] as const)(
    '%s: the same seed gives the same digest of all ledgers, another seed another one',
    async (policy) => {
      const first = await digest(policy, SEED);
      expect(await digest(policy, SEED)).toBe(first);
      expect(await digest(policy, SEED + 1)).not.toBe(first);
    },
  );

  it('kills a policy that draws from Math.random', async () => {
    const make = makeWithPolicy({
      onFull: (queue) => (Math.random() < 0.5 ? 'drop-incoming' : (queue.oldest ?? 'accept')),
    });
    expect(await digest('drop-oldest', SEED, make)).not.toBe(await digest('drop-oldest', SEED, make));
  });
});
