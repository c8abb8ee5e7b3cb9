import { describe, expect, it } from 'vitest';
import { findSteadyPhases } from '../../src/comparison/steady-phases.ts';
import type { Arrivals, Phase } from '../../src/core/plan.ts';
import { CONSTANT, phaseOf, planOf } from './steady-plan.ts';

const namesOf = (...phases: Phase[]) => findSteadyPhases(planOf(phases)).map(({ name }) => name);

describe('steady phases', () => {
  it('are measured, constant, and forty seconds long', () => {
    expect(findSteadyPhases(planOf([phaseOf('steady', 60)]))).toEqual([
      { name: 'steady', first: 0, last: 0, openedAfterMs: 0, seconds: 60, groups: ['a', 'b'], warmUpMs: 0 },
    ]);
    expect(namesOf(phaseOf('short', 39))).toEqual([]);
    expect(namesOf(phaseOf('not measured', 60, { measured: false }))).toEqual([]);
  });

  it('have no ramp and no burst, published or sent', () => {
    const ramp: Arrivals = { model: 'constant', fromPerSec: 100, toPerSec: 200 };
    const burst = { model: 'burst', count: 10, everyMs: 1000 } as const;
    expect(namesOf(phaseOf('ramp', 60, { publish: ramp }))).toEqual([]);
    expect(namesOf(phaseOf('burst', 60, { publish: burst }))).toEqual([]);
    expect(namesOf(phaseOf('ramp', 60, { arrivals: { b: ramp } }))).toEqual([]);
    expect(findSteadyPhases(planOf([phaseOf('ramp', 60)], { arrivals: ramp }))).toEqual([]);
    const overridden = phaseOf('steady', 60, { arrivals: { a: CONSTANT, b: CONSTANT } });
    expect(findSteadyPhases(planOf([overridden], { arrivals: ramp }))).toHaveLength(1);
  });

  it('begin when the last connection is open, and not before', () => {
    const opening = phaseOf('opening', 100, { arrive: 'even' });
    expect(findSteadyPhases(planOf([opening]))[0]).toMatchObject({ openedAfterMs: 50_000, seconds: 50 });
    expect(namesOf(phaseOf('opening', 60, { arrive: 'even' }))).toEqual([]);
    const held = [phaseOf('before', 5, { measured: false }), phaseOf('held', 60, { arrive: 'even' })];
    expect(findSteadyPhases(planOf(held))[0]).toMatchObject({ openedAfterMs: 0, seconds: 60 });
  });

  it('are one where several in a row differ in nothing but their names', () => {
    const equal = [phaseOf('one', 20), phaseOf('two', 20), phaseOf('three', 20)];
    expect(findSteadyPhases(planOf(equal))).toMatchObject([{ name: 'one to three', first: 0, seconds: 60 }]);
    const more = phaseOf('more', 45, { eventBytes: 200 });
    expect(namesOf(phaseOf('calm', 45), more, phaseOf('again', 45))).toEqual(['calm', 'more', 'again']);
    expect(namesOf(phaseOf('calm', 20), more, phaseOf('again', 20))).toEqual(['more']);
  });

  it('know the warm-up of their own load before them, and that there is none after another load', () => {
    const warmUp = phaseOf('warm-up', 5, { measured: false });
    const other = phaseOf('other', 5, { measured: false, publish: null });
    expect(findSteadyPhases(planOf([warmUp, phaseOf('steady', 45)]))[0]?.warmUpMs).toBe(5000);
    expect(findSteadyPhases(planOf([other, warmUp, phaseOf('steady', 45)]))[0]?.warmUpMs).toBeNull();
  });

  it('leave out slow readers, whose queues fill, and groups that are not there', () => {
    expect(findSteadyPhases(planOf([phaseOf('steady', 60)], { readBytesPerSec: 1000 }))).toEqual([]);
    const alone = phaseOf('steady', 60, { connections: { a: 0, b: 10 } });
    expect(findSteadyPhases(planOf([alone]))[0]?.groups).toEqual(['b']);
  });
});
