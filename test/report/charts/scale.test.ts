import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Axis, ScaleKind, Unit } from '../../../src/report/charts/chart.ts';
import {
  createScale,
  linearDomain,
  logDomain,
  percentilePosition,
} from '../../../src/report/charts/scale.ts';

function axis(scale: ScaleKind, min: number, max: number, unit: Unit = 'none'): Axis {
  return { label: '', unit, scale, min, max };
}

function labels(of: Axis, maxTicks: number): string[] {
  return createScale(of, maxTicks).ticks.map(({ label }) => label);
}

describe('createScale', () => {
  it('counts in 1, 2 and 5 on a linear axis', () => {
    expect(labels(axis('linear', 0, 104), 6)).toEqual(['0', '20', '40', '60', '80', '100']);
    expect(labels(axis('linear', 0, 0.3, 'share'), 4)).toEqual(['0', '10 %', '20 %', '30 %']);
    expect(labels(axis('linear', -3, 3), 4)).toEqual(['−2', '0', '2']);
  });

  it('counts bytes in binary units, and items in whole ones', () => {
    expect(labels(axis('linear', 0, 3.4 * 1024 ** 2, 'bytes'), 4)).toEqual(['0', '1 MiB', '2 MiB', '3 MiB']);
    expect(labels(axis('linear', 0, 2, 'items'), 8)).toEqual(['0', '1', '2']);
  });

  it('counts time in steps of clocks', () => {
    expect(labels(axis('time', 1258, 15_800, 'ms'), 8)).toEqual([
      '2 s',
      '4 s',
      '6 s',
      '8 s',
      '10 s',
      '12 s',
      '14 s',
    ]);
    expect(labels(axis('time', 0, 600_000, 'ms'), 6)).toEqual([
      '0',
      '02:00',
      '04:00',
      '06:00',
      '08:00',
      '10:00',
    ]);
    expect(labels(axis('time', 0, 900, 'ms'), 5)).toEqual(['0', '0.2 s', '0.4 s', '0.6 s', '0.8 s']);
  });

  it('shows powers of ten on a log axis, and what lies between while there is room', () => {
    expect(labels(axis('log', 1, 10_000, 'ms'), 6)).toEqual(['1 ms', '10 ms', '100 ms', '1 s', '10 s']);
    expect(labels(axis('log', 1, 100, 'ms'), 8)).toEqual([
      '1 ms',
      '2 ms',
      '5 ms',
      '10 ms',
      '20 ms',
      '50 ms',
      '100 ms',
    ]);
    expect(createScale(axis('log', 1, 1e12), 4).ticks.map(({ value }) => value)).toEqual([1, 1e4, 1e8, 1e12]);
    expect(createScale(axis('log', 1, 100), 5).position(10)).toBeCloseTo(0.5, 12);
  });

  it('stretches the tail on a percentile axis', () => {
    const scale = createScale(axis('percentile', 0, 4), 9);
    expect(scale.ticks.map(({ label }) => label)).toEqual([
      '0 %',
      '50 %',
      '90 %',
      '99 %',
      '99.9 %',
      '99.99 %',
    ]);
    expect(scale.position(percentilePosition(0.999))).toBeCloseTo(0.75, 12);
  });

  const anyAxis = fc.record({
    scale: fc.constantFrom<ScaleKind>('linear', 'log', 'time', 'percentile', 'category'),
    unit: fc.constantFrom<Unit>(
      'ms',
      'bytes',
      'items',
      'perSec',
      'share',
      'count',
      'margins',
      'date',
      'none',
    ),
    min: fc.double(),
    max: fc.double(),
    label: fc.constant(''),
  });

  it('keeps every tick and every value inside, rising and few, whatever the axis', () => {
    fc.assert(
      fc.property(anyAxis, fc.integer({ min: 0, max: 12 }), fc.double(), (any, room, value) => {
        const scale = createScale({ ...any, categories: ['a', 'b'] }, room);
        const places = scale.ticks.map((tick) => scale.position(tick.value));
        for (const place of [...places, scale.position(value)]) {
          expect(place).toBeGreaterThanOrEqual(0);
          expect(place).toBeLessThanOrEqual(1);
        }
        const values = scale.ticks.map((tick) => tick.value);
        expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
        expect(values.length).toBeLessThanOrEqual(Math.max(2, room) + 10);
        for (const { label } of scale.ticks) expect(label).not.toMatch(/NaN|undefined|Infinity/);
      }),
      { numRuns: 500 },
    );
  });

  it('writes no label twice, where values differ by less than can be written', () => {
    expect(labels(axis('linear', 15_600, 15_601, 'ms'), 4)).toEqual(['15.6 s']);
  });

  it('draws an axis without extent around its value', () => {
    const scale = createScale(axis('linear', 7, 7), 4);
    expect(scale.position(7)).toBe(0.5);
  });
});

describe('domains', () => {
  const values = fc.array(fc.option(fc.double(), { nil: null }));

  it('hold every finite value', () => {
    fc.assert(
      fc.property(values, (any) => {
        for (const { min, max } of [linearDomain(any), logDomain(any)]) {
          expect(max).toBeGreaterThan(min);
          expect(Number.isFinite(max - min) || max > 1e307).toBe(true);
        }
        const { min, max } = linearDomain(any);
        for (const value of any) {
          if (value === null || !Number.isFinite(value) || Math.abs(value) > 1e290) continue;
          expect(value).toBeGreaterThanOrEqual(min);
          expect(value).toBeLessThanOrEqual(max);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('begin at 0 where nothing is below, and never at 0 on a log scale', () => {
    expect(linearDomain([3, 10]).min).toBe(0);
    expect(logDomain([0, 3, 70])).toEqual({ min: 2, max: 100 });
    expect(logDomain([0, null])).toEqual({ min: 1, max: 10 });
  });
});
