import { describe, expect, it } from 'vitest';
import { checkExpectation, judgeExpectation, parseExpectation } from '../../src/comparison/expectation.ts';
import { resolveMetrics } from '../../src/comparison/metrics.ts';
import type { ArmRun, MetricValue } from '../../src/core/comparison.ts';
import { makeRun } from './runs.ts';
import { around, runsWith } from './values.ts';

const METRICS = resolveMetrics(makeRun().scenario);

describe('expectation', () => {
  it('is read with and without a figure', () => {
    expect(parseExpectation('drop-oldest: deadlineMiss better than block by >= 20 %')).toMatchObject({
      arm: 'drop-oldest',
      metric: 'deadlineMiss',
      than: 'block',
      by: 0.2,
      scale: 'relative',
    });
    expect(parseExpectation('a: p99(sse fast) better than b')).toMatchObject({
      metric: 'p99(sse fast)',
      by: 0,
    });
    expect(parseExpectation('drop-oldest,capacity=8: loss better than b by 5pp')).toMatchObject({
      arm: 'drop-oldest,capacity=8',
      by: 0.05,
      scale: 'points',
    });
  });

  it.each([
    '',
    'a better than b',
    'a: loss worse than b',
    'a: loss better than b by lots',
    'a: loss better than',
  ])('refuses %j', (text) => {
    expect(() => parseExpectation(text)).toThrow("expected 'ARM: METRIC better than ARM'");
  });

  it.each([
    ['x: loss better than b', "no arm 'x'"],
    ['a: loss better than y', "no arm 'y'"],
    ['a: loss better than a', 'better than itself'],
    ['a: rss better than b by 5 pp', 'points are for shares'],
    ['a: rss better than b by 100 %', 'lower by 100 %'],
  ])('refuses what cannot be: %s', (text, message) => {
    expect(() => checkExpectation(parseExpectation(text), [{ name: 'a' }, { name: 'b' }], METRICS)).toThrow(
      message,
    );
  });

  const judge = (text: string, runs: readonly ArmRun[]) =>
    judgeExpectation(parseExpectation(text), runs, METRICS);
  const statusOf = (text: string, a: Record<string, MetricValue>[], b: Record<string, MetricValue>[]) =>
    judge(text, runsWith({ a, b })).status;

  it('holds if the whole interval lies beyond the figure, fails if none of it does, else is open', () => {
    const than = around({ rss: 1e8, goodput: 100, deadlineMiss: 0.1 });
    const with_ = (value: number) =>
      around({ rss: value * 1e6, goodput: value, deadlineMiss: value / 1000 }).reverse();
    const rss = (value: number) => statusOf('a: rss better than b by >= 20 %', with_(value), than);
    expect([rss(78), rss(80), rss(82)]).toEqual(['pass', 'unknown', 'fail']);
    const goodput = (value: number) => statusOf('a: goodput better than b by >= 20 %', with_(value), than);
    expect([goodput(122), goodput(120), goodput(118)]).toEqual(['pass', 'unknown', 'fail']);
    const miss = (value: number) => statusOf('a: deadlineMiss better than b by >= 20 %', with_(value), than);
    expect([miss(78), miss(80), miss(82)]).toEqual(['pass', 'unknown', 'fail']);
    const points = (value: number) =>
      statusOf('a: deadlineMiss better than b by >= 2 pp', with_(value), than);
    expect([points(78), points(80), points(82)]).toEqual(['pass', 'unknown', 'fail']);
    const atAll = (value: number) => statusOf('a: rss better than b', with_(value), than);
    expect([atAll(98), atAll(100), atAll(102)]).toEqual(['pass', 'unknown', 'fail']);
  });

  it('fails where nothing differs at all, and never passes on equality', () => {
    const same = around({ rss: 100 });
    expect(statusOf('a: rss better than b', same, same)).toBe('fail');
  });

  it('knows infinity', () => {
    const inf = Array.from({ length: 8 }, () => ({ 'all.p99': 'inf' as const }));
    const fine = around({ 'all.p99': 10 }, 8);
    expect(statusOf('a: all.p99 better than b by 20 %', fine, inf)).toBe('pass');
    expect(statusOf('a: all.p99 better than b by 20 %', inf, fine)).toBe('fail');
    expect(statusOf('a: all.p99 better than b by 20 %', inf, inf)).toBe('unknown');
  });

  it('is open without runs, without data and with too few runs; the values are told', () => {
    expect(judge('a: rss better than b', [])).toMatchObject({ status: 'unknown', detail: 'no run counts' });
    expect(statusOf('a: rss better than b', [{ rss: null }], [{ rss: 1 }])).toBe('unknown');
    expect(statusOf('a: rss better than b', around({ rss: 1e6 }, 5), around({ rss: 9e6 }, 5))).toBe(
      'unknown',
    );
    const answer = judge('a: rss better than b', runsWith({ a: [{ rss: 1048576 }], b: [{ rss: 2097152 }] }));
    expect(answer).toMatchObject({
      status: 'unknown',
      detail: expect.stringContaining('1 MiB against 2 MiB'),
    });
  });

  it('sets lists against each other where the runs are not paired', () => {
    const lists = (value: number) =>
      [...runsWith({ a: around({ rss: value * 1e6 }), b: around({ rss: 1e8 }) })].map((run) => ({
        ...run,
        block: null,
      }));
    expect(judge('a: rss better than b by 20 %', lists(70)).status).toBe('pass');
    expect(judge('a: rss better than b by 20 %', lists(90)).status).toBe('fail');
  });
});
