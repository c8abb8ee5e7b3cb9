import { describe, expect, it } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import { METRIC_NAMES } from '../../src/scenarios/check-metrics.ts';
import { compare, findArgumentProblem, parseCheck } from '../../src/scenarios/check-syntax.ts';

const SCOPE = {
  groups: [
    { name: 'sse fast', path: 'sse' as const },
    { name: 'ws', path: 'ws' as const },
  ],
};

function messageFor(text: string): string {
  try {
    parseCheck(text);
  } catch (error) {
    expect(error).toBeInstanceOf(BenchError);
    expect((error as BenchError).exitCode).toBe(2);
    return (error as BenchError).message;
  }
  throw new Error(`${text} was accepted`);
}

describe('parseCheck', () => {
  it.each([
    ['p99<50ms', 'p99', null, '<', 50, 'ms'],
    ['  p99 ( sse fast )  <=  1.5s ', 'p99', 'sse fast', '<=', 1500, 'ms'],
    ['p999 > 50 ms', 'p999', null, '>', 50, 'ms'],
    ['blocked(proxy.events) == 0', 'blocked', 'proxy.events', '==', 0, 'ms'],
    ['mean != 250us', 'mean', null, '!=', 0.25, 'ms'],
    ['recoveryTime(sse fast) < 1m30s', 'recoveryTime', 'sse fast', '<', 90_000, 'ms'],
    ['memory.accountedMax < 100MB', 'memory.accountedMax', null, '<', 100_000_000, 'bytes'],
    ['memory.rssMax <= 64 MiB', 'memory.rssMax', null, '<=', 67_108_864, 'bytes'],
    ['memory.heapMax < 4096', 'memory.heapMax', null, '<', 4096, 'bytes'],
    ['connections.rejected < 100', 'connections.rejected', null, '<', 100, 'count'],
    ['tasks.maxPerConnection < 4.5', 'tasks.maxPerConnection', null, '<', 4.5, 'count'],
    ['loss(sse) < 0.1%', 'loss', 'sse', '<', 0.001, 'ratio'],
    ['deadlineMiss >= 0.05', 'deadlineMiss', null, '>=', 0.05, 'ratio'],
  ])('reads %s', (text, metric, argument, operator, limit, unit) => {
    expect(parseCheck(text)).toEqual({ metric, argument, operator, limit: expect.closeTo(limit, 9), unit });
  });

  it.each([
    ['', 'character 1: expected a metric, got the end; as in p99(sse fast) < 50ms'],
    ['p98 < 5ms', "character 1: expected a metric, got 'p98 < 5ms'; did you mean p90 or p95 or p99?"],
    ['p99 ~ 50ms', "character 5: expected one of <= >= == != < >, got '~ 50ms'"],
    ['p99 = 50ms', "character 5: expected one of <= >= == != < >, got '= 50ms'; did you mean ==?"],
    ['p99 <', 'character 6: expected a duration with its unit, such as 50ms or 2s, got the end'],
    ['p99 < 50', "character 7: expected a duration with its unit, such as 50ms or 2s, got '50'"],
    ['p99 < -5ms', "character 7: expected a duration with its unit, such as 50ms or 2s, got '-5ms'"],
    ['p99(sse fast < 5ms', 'character 19: expected ) after the argument of p99, got the end'],
    ['p99() < 5ms', "character 5: expected the name of a group, path, got ') < 5ms'"],
    ['duration(ws) < 5s', "character 9: expected a comparison, got '(ws) < 5s'; duration takes no argument"],
    ['recoveryTime < 2s', "character 14: expected (group), got '< 2s'; as in recoveryTime(sse fast)"],
    ['loss < 120%', "character 8: expected a share such as 5% or 0.05, got '120%'"],
    ['dropped < 1MB', "character 11: expected a number such as 100, got '1MB'"],
    ['memory.rssMax < 5ms', 'character 17: expected a size such as'],
    ['constructor < 1', 'character 1: expected a metric'],
  ])('refuses %j and says where and why', (text, message) => {
    expect(messageFor(text)).toContain(message);
  });

  it('lists every metric when none is near', () => {
    expect(messageFor('zzzzzzzz < 1')).toContain(`known are ${METRIC_NAMES.join(', ')}`);
  });
});

describe('findArgumentProblem', () => {
  it.each(['loss(sse fast) == 0', 'loss(sse) == 0', 'loss(ws.outbound) == 0', 'loss == 0', 'p99(ws) < 1s'])(
    'accepts %s',
    (text) => expect(findArgumentProblem(parseCheck(text), SCOPE)).toBeUndefined(),
  );

  it('names the nearest group', () => {
    expect(findArgumentProblem(parseCheck('loss(sse fats) == 0'), SCOPE)).toBe(
      "loss expects a group or path or boundary of this scenario, got 'sse fats'; did you mean sse fast?",
    );
  });

  it('refuses a path nobody is on, and lists what there is', () => {
    expect(findArgumentProblem(parseCheck('p99(proxy) < 1s'), SCOPE)).toBe(
      "p99 expects a group or path of this scenario, got 'proxy'; known are sse fast, ws, sse",
    );
  });

  it('refuses a boundary where a metric has none', () => {
    expect(findArgumentProblem(parseCheck('p99(sse.client) < 1s'), SCOPE)).toContain(
      'expects a group or path',
    );
  });
});

describe('compare', () => {
  it('is exact at the limit', () => {
    const truth = (['<', '<=', '==', '!=', '>=', '>'] as const).map((operator) =>
      [1, 2, 3].map((actual) => compare(actual, operator, 2)),
    );
    expect(truth).toEqual([
      [true, false, false],
      [true, true, false],
      [false, true, false],
      [true, false, true],
      [false, true, true],
      [false, false, true],
    ]);
  });
});
