/** What holds for every legal strategy, whatever its stages are. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { isLegal, mayStandTogether, NONE, namesOf, PARTS_BY_STAGE, specOf } from '../channel/any-strategy.ts';
import { CompositionTrial } from '../channel/composition-trial.ts';
import { SEED } from '../channel/steps.ts';
import { coverPairs } from '../helpers/pairwise.ts';

/** The problem of this strategy, if it has one; it is played twice with the same seed. */
async function findProblem(names: readonly string[], seed: number): Promise<string | undefined> {
  const digests: string[] = [];
  for (let run = 0; run < 2; run++) {
    const trial = new CompositionTrial(specOf(names, seed), seed);
    const problem = await trial.run();
    if (problem !== undefined) return `${names.join('+')} (seed ${seed}): ${problem}`;
    digests.push(createHash('sha256').update(trial.ledgers.join()).digest('hex'));
  }
  return digests[0] === digests[1] ? undefined : `${names.join('+')} (seed ${seed}): two runs differ`;
}

it('every pair of parts that may stand together keeps the account, the bounds and everybody moving', async () => {
  const rows = coverPairs(PARTS_BY_STAGE, (row) => mayStandTogether(namesOf(row)));
  const legal = rows.map(namesOf).filter((names) => isLegal(names));
  const problems: (string | undefined)[] = [];
  for (const [i, names] of legal.entries()) problems.push(await findProblem(names, SEED + i));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  expect(legal.length).toBeGreaterThan(150);
});

it('so does any legal strategy of one part of each kind', async () => {
  const random = createRandom(SEED, 'strategies');
  const problems: (string | undefined)[] = [];
  for (let played = 0; played < 200; ) {
    const names = Object.values(PARTS_BY_STAGE)
      .map((levels) => levels[random.int(levels.length)] as string)
      .filter((name) => name !== NONE);
    if (!isLegal(names)) continue;
    problems.push(await findProblem(names, SEED + played++));
  }
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});
