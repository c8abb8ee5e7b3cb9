import { describe, expect, it } from 'vitest';
import { resolveMetrics } from '../../src/comparison/metrics.ts';
import { judgeNeed, parseNeed } from '../../src/comparison/need.ts';
import { BenchError } from '../../src/core/errors.ts';
import { makeRun } from './runs.ts';
import { armsNamed, around, runsWith } from './values.ts';

const METRICS = resolveMetrics(makeRun().scenario);

function refusal(text: string): BenchError {
  try {
    parseNeed(text);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BenchError);
    return thrown as BenchError;
  }
  throw new Error(`'${text}' was taken`);
}

describe('need', () => {
  it('reads conditions with their units', () => {
    expect(parseNeed('loss<0.1%, ageP99 <= 200ms,rss<300MB')).toEqual([
      { metric: 'loss', operator: '<', limit: 0.001, text: 'loss<0.1%' },
      { metric: 'ageP99', operator: '<=', limit: 200, text: 'ageP99 <= 200ms' },
      { metric: 'rss', operator: '<', limit: 3e8, text: 'rss<300MB' },
    ]);
    expect(parseNeed('goodput>=1k/s')).toMatchObject([{ operator: '>=', limit: 1000 }]);
    expect(parseNeed('p99(sse fast, new)<2 s, queueMax<100')).toMatchObject([
      { metric: 'p99(sse fast, new)', limit: 2000 },
      { metric: 'queueMax', limit: 100 },
    ]);
    expect(parseNeed('allP99<1s')).toMatchObject([{ metric: 'all.p99' }]);
  });

  it.each([
    ['', 'empty condition'],
    ['loss<1%,,rss<1MB', 'empty condition'],
    ['loss', 'after loss expected one of < <= > >='],
    ['loss=1%', "got '='"],
    ['loss==1%', "got '=='"],
    ['ageP99<200', 'a duration with its unit'],
    ['loss<200%', 'a share such as'],
    ['loss<', 'a share such as'],
    ['rss<300 cats', 'a size such as'],
    ['goodput>fast', 'a rate such as'],
    ['queueMax<-1', "a number, got '-1'"],
    ['42<loss', 'expected METRIC<LIMIT'],
  ])('refuses %j', (text, message) => {
    const error = refusal(text);
    expect([error.code, error.exitCode]).toEqual(['BPB_ERR_USAGE', 2]);
    expect(error.message).toContain(message);
  });

  it('asks back about a metric that it does not know', () => {
    const error = refusal('los<1%');
    expect([error.code, error.hints[0]]).toEqual(['BPB_ERR_UNKNOWN_NAME', 'did you mean loss or rss?']);
    expect(refusal('toString<1').code).toBe('BPB_ERR_UNKNOWN_NAME');
  });

  const judge = (
    text: string,
    values: Parameters<typeof runsWith>[0],
    capacity: Record<string, number> = {},
  ) => judgeNeed(text, armsNamed(Object.keys(values), capacity), runsWith(values), METRICS);

  it('is satisfied or not where the whole interval lies on one side', () => {
    const values = {
      drop: around({ loss: 0.01 }),
      block: around({ loss: 0.05 }),
      both: around({ loss: 0.02 }),
    };
    expect(judge('loss<2%', values).arms).toEqual([
      { arm: 'drop', status: 'yes', because: [], isUnreplicated: false },
      {
        arm: 'block',
        status: 'no',
        because: [expect.stringMatching(/^loss<2%: 5 %, between 4\.\d+ % and 5\.\d+ %$/)],
        isUnreplicated: false,
      },
      {
        arm: 'both',
        status: 'unknown',
        because: [expect.stringContaining('between 1.99 % and 2.01 %')],
        isUnreplicated: false,
      },
    ]);
    expect(
      judge('goodput>100', { a: around({ goodput: 120 }), b: around({ goodput: 80 }) }).arms.map(
        (arm) => arm.status,
      ),
    ).toEqual(['yes', 'no']);
  });

  it('needs all its conditions: one that fails outweighs one that is open', () => {
    const statusOf = (loss: number, rss: number) =>
      judge('loss<2%, rss<100MB', { a: around({ loss, rss }) }).arms[0]?.status;
    expect([statusOf(0.01, 9e7), statusOf(0.02, 9e7), statusOf(0.05, 9e7), statusOf(0.02, 2e8)]).toEqual([
      'yes',
      'unknown',
      'no',
      'no',
    ]);
  });

  it('takes the plain value of a single run, and says that it is unreplicated', () => {
    expect(judge('loss<2%', { a: [{ loss: 0.01 }], b: [{ loss: 0.03 }] }).arms).toEqual([
      { arm: 'a', status: 'yes', because: [], isUnreplicated: true },
      { arm: 'b', status: 'no', because: ['loss<2%: 3 %, unreplicated'], isUnreplicated: true },
    ]);
    // At the limit, the sign decides.
    const atLimit = (sign: string) => judge(`loss${sign}2%`, { a: [{ loss: 0.02 }] }).arms[0]?.status;
    expect(['<', '<=', '>', '>='].map(atLimit)).toEqual(['no', 'yes', 'no', 'yes']);
  });

  it('does not know where there is no run, no data or too few runs', () => {
    const open = (values: Record<string, number | 'inf' | null>[]) =>
      judge('all.p99<200ms', { a: values }).arms[0];
    expect(judgeNeed('loss<1%', armsNamed(['a']), [], METRICS).arms[0]).toMatchObject({
      status: 'unknown',
      because: ['loss<1%: no run counts'],
    });
    expect(open([{ 'all.p99': 10 }, { 'all.p99': null }])).toMatchObject({
      status: 'unknown',
      because: ['all.p99<200ms: no number in 1 of 2 runs (no data, or too little for this metric)'],
    });
    expect(open([{}])).toMatchObject({ status: 'unknown' });
    expect(open(around({ 'all.p99': 10 }, 5))).toMatchObject({ status: 'unknown' });
    expect(open(around({ 'all.p99': 10 }, 6))).toMatchObject({ status: 'yes' });
  });

  it('is not satisfied by infinity', () => {
    const inf = Array.from({ length: 8 }, () => ({ 'all.p99': 'inf' as const }));
    expect(judge('all.p99<200ms', { a: inf }).arms[0]).toMatchObject({
      status: 'no',
      because: ['all.p99<200ms: never, between never and never'],
    });
    const some = [...around({ 'all.p99': 10 }, 9), { 'all.p99': 'inf' as const }];
    expect(judge('all.p99<200ms', { a: some }).arms[0]?.status).toBe('unknown');
  });

  it('names the smallest capacity that does, among arms that differ in nothing else', () => {
    const values = {
      drop16: around({ loss: 0.05 }),
      drop64: around({ loss: 0.01 }),
      drop256: around({ loss: 0.001 }),
      block8: around({ loss: 0 }),
    };
    const capacity = { drop16: 16, drop64: 64, drop256: 256, block8: 8 };
    expect(judge('loss<2%', values, capacity).smallestCapacity).toEqual({
      arm: 'drop64',
      boundary: 'sse.client',
      capacityItems: 64,
    });
    expect(judge('loss<0.5%', values, capacity).smallestCapacity).toMatchObject({ arm: 'drop256' });
    const { drop16, block8 } = values;
    expect(judge('loss<90%', { drop16, block8 }, capacity).smallestCapacity).toBeNull();
    const { drop64: _enough, drop256: _more, block8: _other, ...poor } = values;
    expect(
      judge('loss<2%', { ...poor, drop17: around({ loss: 0.05 }) }, { ...capacity, drop17: 17 })
        .smallestCapacity,
    ).toBeNull();
  });
});
