import { describe, expect, it } from 'vitest';
import type { Arrivals } from '../../src/core/plan.ts';
import { findBurstPhase, peakRatePerSec } from '../../src/scenarios/peak-rate.ts';
import { resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource } from '../../src/scenarios/source.ts';

function phasesOf(entries: { name?: string; publish: unknown }[]) {
  const phases = entries.map((entry) => ({ duration: '1s', ...entry }));
  return resolvePlan(createScenarioSource({ clients: [{ name: 's', path: 'sse' }], phases }), { seed: 1 })
    .phases;
}

describe('peakRatePerSec', () => {
  it.each<[Arrivals | null, number]>([
    [null, 0],
    [{ model: 'poisson', fromPerSec: 5, toPerSec: 5 }, 5],
    [{ model: 'constant', fromPerSec: 5, toPerSec: 50 }, 50],
    [{ model: 'constant', fromPerSec: 50, toPerSec: 5 }, 50],
    [{ model: 'burst', count: 100, everyMs: 500 }, 200],
    [{ model: 'burst', count: 100, everyMs: null }, 50],
    [{ model: 'burst', count: 100, everyMs: 10_000 }, 50], // comes once in this phase
  ])('%j over 2 s is %d', (arrivals, expected) => {
    expect(peakRatePerSec(arrivals, 2000)).toBe(expected);
  });
});

describe('findBurstPhase', () => {
  it('takes the phase named burst, even when another publishes more', () => {
    expect(findBurstPhase(phasesOf([{ publish: 9 }, { name: 'burst', publish: 5 }]))).toBe(1);
  });

  it('takes the first of the phases that publish most otherwise', () => {
    expect(findBurstPhase(phasesOf([{ publish: 1 }, { publish: 9 }, { publish: 9 }]))).toBe(1);
  });
});
