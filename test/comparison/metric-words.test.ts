import { describe, expect, it } from 'vitest';
import {
  describeChange,
  formatChange,
  formatDifference,
  formatInterval,
  formatMagnitude,
  formatMargin,
  formatMetric,
  formatWorsening,
} from '../../src/comparison/metric-words.ts';
import { marginOf } from '../../src/comparison/samples.ts';
import { METRICS, resultOf } from '../report/comparison-fixtures.ts';

describe('words of metrics', () => {
  it.each([
    [9.44, 'ms', '9.4 ms'],
    [153_092_096, 'bytes', '146 MiB'],
    [0.0012, 'share', '0.12 %'],
    [4990, '1/s', '4,990/s'],
    [12_000, 'items', '12,000'],
    [3, 'tasks', '3 tasks'],
    ['inf', 'ms', 'never'],
    [0, 'ms', '0 ms'],
    [null, 'ms', '–'],
  ] as const)('%s in %s is %s', (value, unit, text) => {
    expect(formatMetric(value, { unit })).toBe(text);
  });

  it('say in a sentence what is absent', () => {
    expect(formatMetric(null, { unit: 'ms' }, 'n/a')).toBe('n/a');
  });

  it.each([
    [Math.log(1.184), 'ratio', '+18.4 %'],
    [Math.log(0.9), 'ratio', '-10.0 %'],
    [Math.log(12), 'ratio', '×12'],
    [Math.log(3), 'ratio', '+200 %'],
    [-0.00001, 'ratio', '0.0 %'],
    [0.0003, 'share', '+0.03 pp'],
    [-3, 'exact', '-3'],
    [Number.POSITIVE_INFINITY, 'ratio', 'inf'],
    [Number.NaN, 'ratio', '–'],
    [null, 'share', '–'],
  ] as const)('a difference of %s of a %s is %s', (difference, kind, text) => {
    expect(formatDifference(difference, kind)).toBe(text);
  });

  it('shows intervals in the unit of their estimate', () => {
    expect(formatInterval({ low: Math.log(1.129), high: Math.log(1.242) }, 'ratio')).toBe('[+12.9, +24.2]');
    expect(formatInterval(null, 'share')).toBe('–');
  });

  it('gives a change the sign of the value, and infinities a word', () => {
    const [, allP99, goodput] = METRICS;
    if (allP99 === undefined || goodput === undefined) throw new Error('no metrics');
    const worse = [Math.log(1.1), 0, 1] as [number, number, number];
    expect(formatChange(resultOf('goodput', [11, 10], 'worse', worse), goodput)).toBe('-9.1 %');
    expect(formatChange(resultOf('all.p99', [10, 11], 'worse', worse), allP99)).toBe('+10.0 %');
    expect(formatChange(resultOf('all.p99', [10, 'inf'], 'worse', null), allP99)).toBe('never');
    expect(formatChange(resultOf('all.p99', ['inf', 10], 'better', null), allP99)).toBe('was never');
    expect(formatChange(resultOf('all.p99', ['inf', 'inf'], 'inconclusive', null), allP99)).toBe(
      'both never',
    );
  });

  it('give a worsening its sign and a change in a sentence none', () => {
    const [, allP99, goodput] = METRICS;
    if (allP99 === undefined || goodput === undefined) throw new Error('no metrics');
    const worse = [Math.log(1.1), 0, 1] as [number, number, number];
    expect(formatWorsening(resultOf('goodput', [11, 10], 'worse', worse), goodput)).toBe('+10.0 %');
    expect(formatWorsening(resultOf('all.p99', [10, 'inf'], 'worse', null), allP99)).toBe('never');
    const share = { estimate: -0.098, verdict: 'better', value: 0.1, referenceValue: 0.2 } as const;
    expect(describeChange(share, { kind: 'share', unit: 'share' })).toBe('better by 9.80 pp');
    const never = { estimate: null, verdict: 'worse', value: 'inf', referenceValue: 10 } as const;
    expect(describeChange(never, { kind: 'ratio', unit: 'ms' })).toBe('worse: never against 10 ms');
    expect([0.1, -0.1, Math.log(12)].map((by) => formatMagnitude(by, 'ratio'))).toEqual([
      '10.5 %',
      '9.5 %',
      '×12',
    ]);
  });

  it('puts a margin on the scale of its metric', () => {
    expect(marginOf({ kind: 'ratio', margin: 0.1 })).toBeCloseTo(Math.log(1.1), 12);
    expect(marginOf({ kind: 'share', margin: 0.005 })).toBe(0.005);
    expect(marginOf({ kind: 'exact', margin: 0 })).toBe(0);
    expect(formatMargin({ kind: 'share', margin: 0.005 })).toBe('0.5 pp');
    expect(formatMargin({ kind: 'ratio', margin: 0.1 })).toBe('10 %');
  });
});
