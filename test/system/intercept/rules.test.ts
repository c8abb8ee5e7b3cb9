/** Rules: which one decides, what it decides, what it waits for, and what cannot be a rule. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../../src/core/clock.ts';
import { BenchError } from '../../../src/core/errors.ts';
import type { InterceptRule } from '../../../src/core/plan.ts';
import { ACTIONS } from '../../../src/system/intercept/actions/registry.ts';
import { type EventFacts, Interceptors } from '../../../src/system/intercept/interceptors.ts';
import { findRuleProblem } from '../../../src/system/intercept/rule-problem.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { settle } from './pipe-bench.ts';

function create(...rules: InterceptRule[]) {
  const clock = createVirtualClock();
  const tasks = new TaskRegistry();
  return {
    clock,
    tasks,
    interceptors: new Interceptors({ rules, wait: 'state-machine', workers: 1 }, clock, tasks),
  };
}

const GET = { method: 'GET', path: '/a/b?c', rawHeaders: [] };
const EVENT: EventFacts = { method: 'GET', path: '/a', type: 'message', number: 1 };
const SIGNAL = new AbortController().signal;

describe('the actions', () => {
  it('are registered under the names of their files', () => {
    const folder = new URL('../../../src/system/intercept/actions/', import.meta.url);
    const files = readdirSync(folder).filter((file) =>
      /^export default /m.test(readFileSync(new URL(file, folder), 'utf8')),
    );
    expect(Object.keys(ACTIONS).sort()).toEqual(files.map((file) => file.slice(0, -'.ts'.length)).sort());
    for (const [name, action] of Object.entries(ACTIONS)) expect(action.name).toBe(name);
  });

  it.each<[InterceptRule, object]>([
    [{ on: 'request', action: 'continue' }, { kind: 'continue' }],
    [
      { on: 'request', action: 'modify', setHeaders: { A: '1' }, removeHeaders: ['B'], body: 'x' },
      { kind: 'modify', setHeaders: { A: '1' }, removeHeaders: ['B'], body: Buffer.from('x') },
    ],
    [
      { on: 'request', action: 'modify' },
      { kind: 'modify', setHeaders: {}, removeHeaders: [] },
    ],
    [
      { on: 'request', action: 'block' },
      { kind: 'answer', status: 403, body: Buffer.from('blocked by an interceptor\n') },
    ],
    [
      { on: 'request', action: 'block', status: 451 },
      { kind: 'answer', status: 451 },
    ],
    [
      { on: 'request', action: 'block', status: 204 },
      { kind: 'answer', status: 204, headers: [], body: Buffer.alloc(0) },
    ],
    [
      { on: 'request', action: 'mock', body: 'hi' },
      { kind: 'answer', status: 200, body: Buffer.from('hi') },
    ],
    [
      { on: 'request', action: 'mock', status: 503 },
      { kind: 'answer', status: 503, body: Buffer.alloc(0) },
    ],
  ])('%j decides at once', (rule, verdict) => {
    expect(create(rule).interceptors.onRequest(GET)).toMatchObject(verdict);
    const response = create({ ...rule, on: 'response' }).interceptors;
    expect(response.onResponse({ ...GET, status: 200 })).toMatchObject(verdict);
    expect(response.onRequest(GET)).toEqual({ kind: 'continue' });
  });

  it.each<[InterceptRule, object]>([
    [{ on: 'event', action: 'continue' }, { kind: 'continue' }],
    [
      { on: 'event', action: 'modify', body: 'x' },
      { kind: 'modify', data: 'x' },
    ],
    [
      { on: 'event', action: 'mock', body: '' },
      { kind: 'modify', data: '' },
    ],
    [{ on: 'event', action: 'block' }, { kind: 'block' }],
  ])('%j decides at once', (rule, verdict) => {
    expect(create(rule).interceptors.onEvent(EVENT, SIGNAL)).toEqual(verdict);
  });
});

describe('matching', () => {
  it('goes by the beginning of the path and the method, and the first rule decides', () => {
    const { interceptors } = create(
      { on: 'request', action: 'continue', path: '/a/b' },
      { on: 'request', action: 'block', path: '/a', method: 'GET' },
      { on: 'request', action: 'mock', method: 'POST' },
    );
    const kindOf = (method: string, path: string) => interceptors.onRequest({ method, path, rawHeaders: [] });
    expect(kindOf('GET', '/a/b?c')).toMatchObject({ kind: 'continue' });
    expect(kindOf('GET', '/a/c')).toMatchObject({ status: 403 });
    expect(kindOf('POST', '/a/c')).toMatchObject({ status: 200 });
    expect(kindOf('GET', '/')).toMatchObject({ kind: 'continue' });
    expect(interceptors.hasRules('request')).toBe(true);
    expect(interceptors.hasRules('response')).toBe(false);
    expect(interceptors.hasEventRules('/a')).toBe(false);
  });

  it('goes by type and number of an event', () => {
    const { interceptors } = create(
      { on: 'event', action: 'block', path: '/a', event: 'tick', everyNth: 3 },
      { on: 'event', action: 'mock', body: 'm', event: 'message' },
    );
    const kindsOf = (type: string) =>
      [1, 2, 3, 4, 7].map((number) => {
        const verdict = interceptors.onEvent({ ...EVENT, type, number }, SIGNAL);
        return verdict instanceof Promise ? 'waits' : verdict.kind;
      });
    expect(kindsOf('tick')).toEqual(['block', 'continue', 'continue', 'block', 'block']);
    expect(kindsOf('message')).toEqual(['modify', 'modify', 'modify', 'modify', 'modify']);
    expect(kindsOf('other')).toEqual(['continue', 'continue', 'continue', 'continue', 'continue']);
    expect(interceptors.hasEventRules('/b')).toBe(true); // the second has no path
    expect(create({ on: 'event', action: 'block', path: '/a' }).interceptors.hasEventRules('/b')).toBe(false);
  });
});

describe('rules that take time', () => {
  it('delay: goes on after exactly its time, and no release shortens it', async () => {
    const { clock, tasks, interceptors } = create({ on: 'request', action: 'delay', delayMs: 20 });
    let verdict: unknown;
    void Promise.resolve(interceptors.onRequest(GET)).then((decided) => {
      verdict = decided;
    });
    expect(tasks.byKind()).toEqual({ 'intercept.hold': 1 });
    interceptors.release();
    clock.advanceNs(20 * NS_PER_MS - 1);
    await settle();
    expect(verdict).toBeUndefined();
    clock.advanceNs(1);
    await settle();
    expect(verdict).toEqual({ kind: 'continue', delayed: true });
    expect(tasks.open).toBe(0);
  });

  it('pause: goes on with a release, or by itself at its limit, 30 s unless it says otherwise', async () => {
    for (const { delayMs, limitMs } of [
      { delayMs: 50, limitMs: 50 },
      { delayMs: undefined, limitMs: 30_000 },
    ]) {
      const rule: InterceptRule = {
        on: 'response',
        action: 'pause',
        ...(delayMs === undefined ? {} : { delayMs }),
      };
      const { clock, tasks, interceptors } = create(rule);
      const answer = { ...GET, status: 200 };
      let settled = 0;
      const count = (): void => {
        settled++;
      };
      for (let i = 0; i < 2; i++) void Promise.resolve(interceptors.onResponse(answer)).then(count);
      expect(interceptors.paused).toBe(2);
      interceptors.release();
      await settle();
      expect(settled).toBe(2);
      expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
      void Promise.resolve(interceptors.onResponse(answer)).then(count);
      expect(clock.nextTimerNs).toBe(limitMs * NS_PER_MS);
      clock.advanceTo(limitMs * NS_PER_MS);
      await settle();
      expect([settled, interceptors.paused, tasks.open]).toEqual([3, 0, 0]);
    }
  });

  it('leave no timer and no task behind when the client goes', async () => {
    for (const action of ['pause', 'delay'] as const) {
      const { clock, tasks, interceptors } = create({ on: 'request', action, delayMs: 1000 });
      const gone = new AbortController();
      const waiting = interceptors.onRequest(GET, gone.signal);
      expect(clock.nextTimerNs).toBe(1000 * NS_PER_MS);
      gone.abort();
      await waiting;
      expect([clock.nextTimerNs, tasks.open, interceptors.paused]).toEqual([Number.POSITIVE_INFINITY, 0, 0]);
      await interceptors.onRequest(GET, gone.signal);
      expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe('what cannot be a rule', () => {
  const request = (rest: object): InterceptRule =>
    ({ on: 'request', action: 'modify', ...rest }) as InterceptRule;
  const event = (rest: object): InterceptRule => ({ on: 'event', action: 'block', ...rest }) as InterceptRule;

  it.each<[InterceptRule, string]>([
    [request({ on: 'packet' }), "on must be one of request, response, event, got 'packet'"],
    [
      request({ action: 'stop' }),
      "action must be one of continue, modify, block, mock, pause, delay, got 'stop'",
    ],
    [request({ action: 'toString' }), 'action must be one of'],
    [request({ action: 'block', body: 'x' }), 'body means nothing to block of a request, which takes status'],
    [request({ action: 'continue', status: 1 }), 'which takes nothing beside what it matches'],
    [request({ action: 'delay' }), 'delayMs is needed by delay of a request'],
    [event({ action: 'modify' }), 'body is needed by modify of an event'],
    [event({ action: 'mock', body: '', status: 200 }), 'status means nothing to mock of an event'],
    [event({ action: 'modify', body: '', setHeaders: {} }), 'setHeaders means nothing to modify of an event'],
    [request({ path: 'a' }), "path must be text that begins with '/', got 'a'"],
    [request({ method: 'G T' }), 'method must be a method such as GET'],
    [request({ event: 'a' }), 'event is for rules on events, got it on a request'],
    [request({ everyNth: 2 }), 'everyNth is for rules on events'],
    [event({ event: '' }), 'event must be a type of events'],
    ...[0, -1, 1.5, Number.NaN, '2'].map((everyNth): [InterceptRule, string] => [
      event({ everyNth }),
      'everyNth must be a whole number, 1 or more',
    ]),
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '1s'].map((delayMs): [InterceptRule, string] => [
      request({ action: 'delay', delayMs }),
      'delayMs must be 0 to 2147483647 milliseconds',
    ]),
    ...[99, 100, 199, 600, 200.5, '200'].map((status): [InterceptRule, string] => [
      request({ action: 'mock', status }),
      'status must be that of a final answer, 200 to 599',
    ]),
    [request({ action: 'mock', status: 304, body: 'x' }), 'an answer with status 304 has none'],
    [request({ action: 'mock', body: 5 }), 'body must be text, got 5'],
    ...['a\r\nb', 'a\nb', 'a\0', 'a\x7f', ' a', 'a ', '\u20ac', 5].map((value): [InterceptRule, string] => [
      request({ setHeaders: { A: value } }),
      'setHeaders: the value of A must be one line of Latin-1 text',
    ]),
    ...['', 'A B', 'A:', 'A\r\nB', '\u00fc'].map((name): [InterceptRule, string] => [
      request({ setHeaders: { [name]: 'x' } }),
      'setHeaders: a field name is letters',
    ]),
    ...['Content-Length', 'transfer-encoding', 'Connection', 'Upgrade'].map(
      (name): [InterceptRule, string] => [
        request({ setHeaders: { [name]: 'x' } }),
        `setHeaders: ${name} frames the message`,
      ],
    ),
    [request({ removeHeaders: ['A\n'] }), 'removeHeaders: a field name is letters'],
    [request({ removeHeaders: ['Content-Length'] }), 'removeHeaders: Content-Length frames the message'],
    [request({ removeHeaders: ['host'] }), 'removeHeaders: a request must have Host'],
  ])('%j', (rule, problem) => {
    expect(findRuleProblem(rule)).toContain(problem);
    expect(() => create({ on: 'event', action: 'block' }, rule)).toThrow(BenchError);
    expect(() => create({ on: 'event', action: 'block' }, rule)).toThrow(/^intercept\.rules\[1\]: /);
  });

  it.each<[InterceptRule]>([
    [
      {
        on: 'request',
        action: 'modify',
        path: '/',
        method: 'M-SEARCH',
        setHeaders: { 'X-A': '', B: 'a b\tc\u00fc' },
      },
    ],
    [{ on: 'response', action: 'delay', delayMs: 0 }],
    [{ on: 'response', action: 'modify', removeHeaders: ['Set-Cookie'], body: '' }],
    [{ on: 'event', action: 'pause', everyNth: 1, event: 'message' }],
    [{ on: 'response', action: 'block', status: 599 }],
  ])('%j is one', (rule) => {
    expect(findRuleProblem(rule)).toBeUndefined();
  });
});
