import { expect, it } from 'vitest';
import { coverPairs, type Row } from './pairwise.ts';

const FACTORS = {
  size: ['s', 'm', 'l', 'xl'],
  colour: ['red', 'blue', 'green'],
  cut: ['slim', 'wide'],
  trim: ['none', 'lace', 'fur'],
};
const isAllowed = (row: Row): boolean => !(row['size'] === 'xl' && row['cut'] === 'slim');

it('covers every allowed pair of levels, and no other', () => {
  const rows = coverPairs(FACTORS, isAllowed);
  for (const [a, levelsA] of Object.entries(FACTORS)) {
    for (const [b, levelsB] of Object.entries(FACTORS)) {
      if (a >= b) continue;
      for (const levelA of levelsA) {
        for (const levelB of levelsB) {
          const covered = rows.some((row) => row[a] === levelA && row[b] === levelB);
          expect([a, levelA, b, levelB, covered]).toEqual([
            a,
            levelA,
            b,
            levelB,
            isAllowed({ [a]: levelA, [b]: levelB }),
          ]);
        }
      }
    }
  }
  expect(rows.every(isAllowed)).toBe(true);
  // Twelve is the least (four sizes with three colours); all combinations would be 72.
  expect(rows.length).toBeLessThanOrEqual(16);
});
