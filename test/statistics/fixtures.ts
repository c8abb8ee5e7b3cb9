/** What SciPy, mpmath and whole-number arithmetic answer: written by `fixtures/make-fixtures.py`. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { LocationInterval } from '../../src/statistics/hodges-lehmann.ts';

interface Fixtures {
  /** n, level, k, true level. */
  signedRankCritical: [number, number, number, number][];
  signedRankExact: { d: number[]; p: number }[];
  signedRankTies: { d: number[]; p: number }[];
  hodgesLehmann: ({ d: number[]; level: number } & LocationInterval)[];
  /** n1, n2, level, k, true level. */
  mannWhitneyCritical: [number, number, number, number, number][];
  mannWhitneyExact: TwoSamples[];
  mannWhitneyTies: TwoSamples[];
  mannWhitneyLarge: TwoSamples[];
  shift: ({ a: number[]; b: number[]; level: number } & LocationInterval)[];
  holm: Adjusted[];
  benjaminiHochberg: Adjusted[];
  /** x, P. */
  normalCdf: [number, number][];
  /** P, x. */
  normalQuantile: [number, number][];
  /** t, degrees of freedom, P. */
  studentCdf: [number, number, number][];
  /** P, degrees of freedom, t. */
  studentQuantile: [number, number, number][];
  tInterval: { values: number[]; level: number; low: number; high: number }[];
  cliffsDelta: { a: number[]; b: number[]; delta: number }[];
  theilSen: { x: number[]; y: number[]; slope: number }[];
  mser: { values: number[]; discard: number; shift: number }[];
  power: {
    n: number;
    sd: number;
    margin: number;
    effect: number;
    sameMargin: number;
    minimumDetectable: number;
    blocksToDetect: number;
    blocksToProveSame: number;
  }[];
  /** n, k, effect, power. */
  signedRankPower: [number, number, number, number][];
}

interface TwoSamples {
  a: number[];
  b: number[];
  p: number;
}

interface Adjusted {
  ps: number[];
  adjusted: number[];
}

export const FIXTURES = JSON.parse(
  readFileSync(new URL('./fixtures/scipy.json', import.meta.url), 'utf8'),
) as Fixtures;

for (const [name, list] of Object.entries(FIXTURES)) {
  // A loop over nothing would agree with anything.
  if ((list as unknown[]).length === 0)
    throw new Error(`scipy.json has no ${name}: run make-fixtures.py again`);
}

/** The same number, by `relative` or, around 0, 1e-300. */
export function expectClose(
  actual: number | null,
  expected: number | null,
  relative = 1e-9,
  what = '',
): void {
  if (actual === null || expected === null) {
    expect(actual, what).toBe(expected);
    return;
  }
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-300);
  if (!(error <= relative)) expect.fail(`${what} expected ${expected}, got ${actual}: off by ${error}`);
}
