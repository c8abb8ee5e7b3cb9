import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/core/clock.ts';
import { AgeSource } from '../../src/load/age-source.ts';
import type { DueSource } from '../../src/load/pacer.ts';
import { ArrivalSource, ConnectionSource, MomentSource } from '../../src/load/sources.ts';
import { Timetable } from '../../src/load/timetable.ts';
import { constant, phase } from './plans.ts';

function drain(source: DueSource): number[] {
  const dueMs: number[] = [];
  while (source.dueNs !== Number.POSITIVE_INFINITY) {
    dueMs.push(source.dueNs / NS_PER_MS);
    source.take(source.dueNs);
  }
  return dueMs;
}

describe('sources', () => {
  it('arrivals follow one phase after another, on the absolute axis', () => {
    const phases = [
      phase({ durationMs: 200, publish: constant(10) }),
      phase({ durationMs: 300 }),
      phase({ durationMs: 100, publish: { model: 'burst', count: 2, everyMs: null } }),
    ];
    const timetable = new Timetable(phases, 1000);
    const taken: number[] = [];
    const source = new ArrivalSource({
      timetable,
      seed: 1,
      label: 'publish',
      arrivalsOf: ({ publish }) => publish,
      onDue: (dueNs) => taken.push(dueNs / NS_PER_MS),
    });
    expect(drain(source)).toEqual([1000, 1100, 1500, 1500]);
    expect(taken).toEqual([1000, 1100, 1500, 1500]);
  });

  it('two phases with the same Poisson rate have different arrivals, the same for the same seed', () => {
    const poisson = { model: 'poisson', fromPerSec: 100, toPerSec: 100 } as const;
    const timetable = new Timetable([phase({ publish: poisson }), phase({ publish: poisson })], 0);
    const list = (seed: number) =>
      drain(
        new ArrivalSource({
          timetable,
          seed,
          label: 'publish',
          arrivalsOf: ({ publish }) => publish,
          onDue: () => {},
        }),
      );
    const due = list(1);
    expect(list(1)).toEqual(due);
    const second = due.filter((ms) => ms >= 500);
    expect(due.filter((ms) => ms < 500)).not.toEqual(second.map((ms) => ms - 500));
  });

  it('connections: only what a phase has more than the one before, at once or over half of it', () => {
    const timetable = new Timetable(
      [
        phase({ durationMs: 100, connections: { a: 2, b: 1 } }),
        phase({ durationMs: 400, connections: { a: 6, b: 1 }, arrive: 'even' }),
        phase({ durationMs: 100, connections: { a: 1, b: 2 } }),
      ],
      0,
    );
    const opened: number[] = [];
    const source = new ConnectionSource(timetable, ['a', 'b'], 1, (group) => opened.push(group));
    expect(drain(source)).toEqual([0, 0, 0, 100, 150, 200, 250, 500]);
    expect(opened.slice(0, 3).sort()).toEqual([0, 0, 1]);
    expect(opened.slice(3)).toEqual([0, 0, 0, 0, 1]);
  });

  it('connections: groups come mixed, in an order that only the seed decides', () => {
    const timetable = new Timetable([phase({ connections: { a: 50, b: 50, own: 9 } })], 0);
    const order = (seed: number) => {
      const opened: number[] = [];
      drain(new ConnectionSource(timetable, ['a', 'b', ''], seed, (group) => opened.push(group)));
      return opened;
    };
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    const firstHalf = order(1).slice(0, 50);
    expect(firstHalf.filter((group) => group === 0).length).toBeGreaterThan(15);
    expect(order(1).filter((group) => group === 2)).toEqual([]);
  });

  it('moments come once each, in order', () => {
    const seen: number[] = [];
    expect(drain(new MomentSource([5e6, 7e6], (index) => seen.push(index)))).toEqual([5, 7]);
    expect(seen).toEqual([0, 1]);
  });

  it('ages are read once per 100 ms of phases that publish, at seeded moments', () => {
    const timetable = new Timetable(
      [
        phase({ durationMs: 1000, publish: constant(10) }),
        phase({ durationMs: 1000 }),
        phase({ durationMs: 1000, publish: constant(0) }),
        phase({ durationMs: 1000, publish: { model: 'burst', count: 1, everyMs: null } }),
      ],
      500,
    );
    const due = drain(new AgeSource(timetable, 1, () => {})).map((ms) => ms - 500);
    expect(due.map((ms) => Math.floor(ms / 100))).toEqual([
      ...Array.from({ length: 10 }, (_, i) => i),
      ...Array.from({ length: 10 }, (_, i) => 30 + i),
    ]);
    expect(new Set(due.map((ms) => Math.round(ms % 100))).size).toBeGreaterThan(10);
  });
});

describe('timetable', () => {
  const timetable = new Timetable(
    [phase({ name: 'a', durationMs: 10, measured: false }), phase({ name: 'b', durationMs: 5 })],
    1.0005,
  );

  it('says in which phase work was due, also when asked back and forth', () => {
    expect([0, 1000, 11_001, 10_999, 11_000, 15_999, 99_999, 1].map((us) => timetable.indexAt(us))).toEqual([
      0, 0, 1, 0, 1, 1, 1, 0,
    ]);
    expect(timetable.measuredAt(5000)).toBe(false);
    expect(timetable.measuredAt(12_000)).toBe(true);
  });

  it('names the phase that runs, and none outside of the plan', () => {
    const at = (ms: number) => timetable.nameAt(ms * NS_PER_MS);
    expect([0.5, 1.5, 11.5, 16.1].map(at)).toEqual([null, 'a', 'b', null]);
  });
});
