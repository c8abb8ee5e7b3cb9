import { describe, expect, it } from 'vitest';
import { signedRankP } from '../../src/statistics/signed-rank.ts';
import { CRITICAL_MAX, effectOfPower, powerOfSignedRank } from '../../src/statistics/signed-rank-power.ts';
import { expectClose, FIXTURES } from './fixtures.ts';
import { createNoise } from './noise.ts';

describe('power of the signed-rank test with few blocks', () => {
  it('agrees with SciPy', () => {
    for (const [n, k, effect, power] of FIXTURES.signedRankPower) {
      expectClose(powerOfSignedRank(n, k, effect), power, 1e-9, `n ${n}, k ${k}, effect ${effect}`);
    }
  });

  it('is the level where there is no effect: k of the 2ⁿ ways to be positive or negative', () => {
    for (const n of [5, 8, 12]) {
      for (const k of [1, 2, 3]) expectClose(powerOfSignedRank(n, k, 0), k / 2 ** n);
    }
  });

  it('is what the test itself finds', () => {
    const rounds = 4000;
    for (const [n, k] of [
      [8, 1],
      [9, 2],
      [9, 3],
    ] as const) {
      const effect = effectOfPower(n, k, 0.8);
      const noise = createNoise(7, `power of few ${n} ${k}`);
      let found = 0;
      for (let round = 0; round < rounds; round++) {
        const differences = Array.from({ length: n }, () => effect + noise.normal());
        if (signedRankP(differences) <= (k / 2 ** n) * (1 + 1e-9)) found++;
      }
      // Three standard errors of 4000 tosses are 1.9 points.
      expect(found / rounds, `n ${n}, k ${k}`).toBeGreaterThan(0.78);
      expect(found / rounds, `n ${n}, k ${k}`).toBeLessThan(0.82);
    }
  });

  it('gives back the effect that it was asked for', () => {
    for (let k = 1; k <= CRITICAL_MAX; k++) {
      for (const power of [0.5, 0.8, 0.9])
        expectClose(powerOfSignedRank(9, k, effectOfPower(9, k, power)), power, 1e-9);
    }
  });
});
