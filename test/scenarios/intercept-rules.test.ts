import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InterceptRule } from '../../src/core/plan.ts';
import { findScenarioProblems, resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource } from '../../src/scenarios/source.ts';
import { findRuleProblem } from '../../src/system/intercept/rule-problem.ts';

const sourceOf = (rules: unknown) =>
  createScenarioSource({
    clients: [{ name: 'sse', path: 'sse' }],
    phases: [{ duration: '1s' }],
    system: { intercept: { rules } },
  });
const problemsOf = (rule: unknown): string[] =>
  findScenarioProblems(sourceOf([rule])).map(
    ({ path, message }) => `${path.replace('system.intercept.rules', '')}: ${message}`,
  );

/** As an author writes it: the same with `delay` for `delayMs`. */
function written({ delayMs, ...rest }: InterceptRule): object {
  return delayMs === undefined ? rest : { ...rest, delay: `${delayMs}ms` };
}

describe('rules of the interceptors in a scenario', () => {
  it.each<[InterceptRule]>([
    [{ on: 'request', action: 'continue', path: '/health', method: 'GET' }],
    [{ on: 'request', action: 'block', path: '/admin', status: 451 }],
    [{ on: 'request', action: 'modify', setHeaders: { 'X-From': 'bpbench' }, removeHeaders: ['Cookie'] }],
    [{ on: 'response', action: 'modify', body: 'changed' }],
    [{ on: 'request', action: 'mock', status: 204 }],
    [{ on: 'request', action: 'mock', body: '{}' }],
    [{ on: 'response', action: 'pause' }],
    [{ on: 'event', action: 'delay', delayMs: 20, everyNth: 10 }],
    [{ on: 'event', action: 'modify', event: 'price', body: '0' }],
    [{ on: 'event', action: 'block', event: 'debug' }],
  ])('%j', (rule) => {
    const [read] = resolvePlan(sourceOf([written(rule)]), { seed: 1 }).system.intercept.rules;
    expect(read).toStrictEqual(rule);
  });

  it.each<[unknown, string]>([
    [
      { on: 'request', action: 'drop' },
      '[0].action: expected one of continue, modify, block, mock, pause, delay, got ',
    ],
    [{ on: 'requests', action: 'block' }, '[0].on: expected one of request, response, event, got '],
    [{ action: 'block' }, '[0].on: expected '],
    [
      { on: 'request', action: 'block', body: 'no' },
      '[0].body: expected no body: block of a request takes status',
    ],
    [
      { on: 'request', action: 'continue', status: 200 },
      '[0].status: expected no status: continue of a request takes nothing more',
    ],
    [
      { on: 'response', action: 'mock', status: 99 },
      '[0].status: expected a whole number from 200 to 599, got 99',
    ],
    [
      { on: 'response', action: 'mock', status: 204, body: 'x' },
      '[0].body: expected no body: an answer with status 204 has none',
    ],
    [
      { on: 'response', action: 'mock', status: 205, body: 'x' },
      '[0].body: expected no body: an answer with status 205 has none',
    ],
    [
      { on: 'response', action: 'mock', status: 304, body: 'x' },
      '[0].body: expected no body: an answer with status 304 has none',
    ],
    [{ on: 'event', action: 'delay' }, '[0].delay: delay of an event needs delay: how long, such as 20ms'],
    [{ on: 'event', action: 'modify' }, '[0].body: modify of an event needs body: its new data'],
    [
      { on: 'event', action: 'block', status: 403 },
      '[0].status: expected no status: block of an event takes nothing more',
    ],
    [{ on: 'event', action: 'continue', everyNth: 0 }, '[0].everyNth: expected a whole number from 1 to '],
    [
      { on: 'request', action: 'continue', everyNth: 2 },
      '[0].everyNth: expected no everyNth in a rule on a request',
    ],
    [{ on: 'response', action: 'block', event: 'x' }, '[0].event: expected no event in a rule on a response'],
    [{ on: 'request', action: 'block', path: 'admin' }, '[0].path: expected a path that begins with /'],
    [{ on: 'request', action: 'block', method: 'GET it' }, '[0].method: expected a method such as GET'],
    [
      { on: 'request', action: 'modify', setHeaders: { 'X-A': 'one\r\nX-B: two' } },
      '[0].setHeaders.X-A: expected one line of Latin-1 text without blanks around it',
    ],
    [
      { on: 'request', action: 'modify', setHeaders: { 'Content-Length': '0' } },
      "[0].setHeaders.Content-Length: expected a header field's name that the proxy does not write itself",
    ],
    [
      { on: 'request', action: 'modify', removeHeaders: ['Host'] },
      '[0].removeHeaders[0]: expected another field than Host',
    ],
    [{ on: 'request', action: 'block', staus: 403 }, "[0].staus: unknown key 'staus'; did you mean status?"],
    ['block', '[0]: expected a map with at least on and action, got '],
  ])('%j is refused once', (rule, message) => {
    const problems = problemsOf(rule);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('are refused by the schema exactly where the system would refuse them', () => {
    const values: Record<string, readonly unknown[]> = {
      path: ['/', '/a?b', 'a', ''],
      method: ['GET', 'M-SEARCH', 'G T', ''],
      event: ['message', ''],
      everyNth: [1, 7, 0, 1.5],
      delayMs: [0, 20],
      setHeaders: [{}, { 'X-A': '1' }, { te: 'x' }, { 'X-A': 'a\nb' }, { 'X A': '1' }, { 'X-A': ' 1' }],
      removeHeaders: [[], ['Cookie'], ['host'], ['a b'], ['Upgrade']],
      status: [200, 204, 304, 403, 599, 199, 600, 101, 200.5],
      body: ['', 'text'],
    };
    const rules = fc
      .record({
        on: fc.constantFrom('request', 'response', 'event'),
        action: fc.constantFrom('continue', 'modify', 'block', 'mock', 'pause', 'delay'),
        fields: fc.subarray(Object.keys(values), { maxLength: 3 }),
        pick: fc.nat(359),
      })
      .map(({ on, action, fields, pick }) => {
        const written = fields.map((field) => [field, values[field]?.[pick % (values[field]?.length ?? 1)]]);
        return { on, action, ...Object.fromEntries(written) } as InterceptRule;
      });
    let sound = 0;
    fc.assert(
      fc.property(rules, (rule) => {
        const bySystem = findRuleProblem(rule);
        const bySchema = problemsOf(written(rule));
        if (bySystem === undefined) sound++;
        expect({ rule, isRefused: bySchema.length > 0, bySchema, bySystem }).toMatchObject({
          isRefused: bySystem !== undefined,
        });
      }),
      { numRuns: 4000, seed: 4 },
    );
    expect(sound).toBeGreaterThan(200);
  });
});
