import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/scenarios/problems.ts';
import { findScenarioProblems, resolvePlan } from '../../src/scenarios/resolve.ts';
import { parseScenarioText } from '../../src/scenarios/source.ts';

const FAULTY = `
name: faulty
sytem: { consumer: { serviceTime: 1ms } }
clients:
  - { name: sse fast, path: sse, share: 70% }
  - { name: proxy, path: proxy, share: 40%, rate: 5/s, red: 20KiB/s }
phases:
  - { name: calm, duration: 2s }
  - { name: burst, duration: 10 bananas, rate: { proxi: 5/s } }
  - { name: calm, duration: 2s, rate: { proxi: 5/s } }
checks:
  - p99(sse fats) < 50ms
  - p99 < 50
`;

const problemsOf = (text: string) => findScenarioProblems(parseScenarioText(text, 'faulty.yaml', 'faulty'));
const messagesOf = (text: string) => problemsOf(text).map((problem) => problem.message);

/** A sound scenario around the given entries. */
const around = (clients: string, rest = 'phases: [{ duration: 1s }]') => `clients: [${clients}]\n${rest}\n`;

describe('problems of a scenario', () => {
  it('come all at once, with path, line and column, expectation and nearest name', () => {
    let message = '';
    try {
      resolvePlan(parseScenarioText(FAULTY, 'faulty.yaml', 'faulty'));
    } catch (error) {
      expect(error).toBeInstanceOf(ScenarioError);
      expect((error as ScenarioError).exitCode).toBe(2);
      message = (error as ScenarioError).message;
    }
    expect(message.split('\n')).toEqual([
      'faulty.yaml: 5 problems',
      "  3:1 sytem: unknown key 'sytem'; did you mean system?",
      "  6:56 clients[1].red: unknown key 'red'; did you mean read?",
      "  9:30 phases[1].duration: expected a duration such as 300ms, 2s, 5m or 1h (a bare number is seconds), got '10 bananas' (text)",
      "  10:13 phases[2].name: the name of a phase must be unique, got 'calm' again",
      "  13:5 checks[1]: check 'p99 < 50', character 7: expected a duration with its unit, such as 50ms or 2s, got '50'",
    ]);
  });

  it('that need sound groups follow once the groups are sound', () => {
    const repaired = FAULTY.replace(', red: 20KiB/s', '');
    expect(problemsOf(repaired).map((problem) => [problem.line, problem.path])).toEqual([
      [3, 'sytem'],
      [5, 'clients'],
      [9, 'phases[1].duration'],
      [10, 'phases[2].name'],
      [10, 'phases[2].rate.proxi'],
      [12, 'checks[0]'],
      [13, 'checks[1]'],
    ]);
  });

  it('say what is missing at the map that lacks it', () => {
    expect(problemsOf('name: x\nclients:\n  - { name: a }\n')).toEqual([
      { path: 'phases', line: 1, column: 1, message: 'expected a list of phases, got nothing' },
      { path: 'clients[0].path', line: 3, column: 5, message: 'expected one of sse, ws, proxy, got nothing' },
    ]);
  });

  it.each(['', '[]', '42', 'null'])('name a document that is no map: %j', (text) => {
    expect(messagesOf(text)[0]).toContain('expected a map with at least clients and phases');
  });

  it('refuse keys that reach into prototypes, at any depth, and change nothing', () => {
    const text = around(
      '{ name: a, path: sse, __proto__: { x: 1 } }',
      'phases: [{ duration: 1s, connections: { __proto__: 5 } }]\nconstructor: 1',
    );
    expect(problemsOf(text).map((problem) => problem.path)).toEqual([
      'clients[0].__proto__',
      'phases[0].connections.__proto__',
      'constructor',
    ]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    [
      'twice the same name',
      '{ name: a, path: sse }, { name: a, path: sse }',
      "the name of a client group must be unique, got 'a' again",
    ],
    [
      'a path name on another path',
      '{ name: ws, path: sse }',
      'a group named ws must be on path ws, got path sse',
    ],
    [
      'a name taken by replies',
      '{ name: b, path: ws, rate: 1/s }, { name: b replies, path: ws }',
      "the name 'b replies' is taken",
    ],
    ['requests of listeners', '{ name: a, path: sse, rate: 5/s }', 'sse clients only listen'],
    [
      'a ramp without a phase',
      '{ name: a, path: ws, rate: { rate: 1/s, to: 5/s } }',
      'write it there as rate: { a: … }',
    ],
    ['a proxy group without requests', '{ name: a, path: proxy }', "give 'a' a rate such as 100/s"],
    [
      'shares above 100 %',
      '{ name: a, path: sse, share: 60% }, { name: b, path: ws, share: 60% }',
      'the shares of a, b must add up to at most 100 %, got 120 %',
    ],
    ['no share left', '{ name: a, path: sse, share: 100% }, { name: b, path: ws }', 'leave nothing for b'],
    [
      'both spellings of a limit',
      '{ name: a, path: sse }',
      'max_tasks and maxTasks are the same limit; keep one of them',
      'phases: [{ duration: 1s }]\nsystem: { resources: { max_tasks: 1, maxTasks: 2 } }',
    ],
    [
      'an unknown limit',
      '{ name: a, path: sse }',
      "unknown key 'max_conections'; did you mean max_connections",
      'phases: [{ duration: 1s }]\nsystem: { resources: { max_conections: 1 } }',
    ],
    [
      'an unknown key of a rate',
      '{ name: a, path: sse }',
      "unknown key 'evry'; did you mean every",
      'phases: [{ duration: 1s, publish: { burst: 5, evry: 1s } }]',
    ],
    [
      'connections of an unknown group',
      '{ name: abc, path: sse }',
      "no client group 'abd'; did you mean abc?",
      'phases: [{ duration: 1s, connections: { abd: 5 } }]',
    ],
    [
      'a listener’s rate in a phase',
      '{ name: a, path: sse }',
      'set publish instead',
      'phases: [{ duration: 1s, rate: { a: 5/s } }]',
    ],
  ])('name %s', (_, clients, message, rest?: string) => {
    const messages = messagesOf(around(clients, rest));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(message);
  });

  it('are none where only floating point adds shares up to more than 1', () => {
    const shares = ['5%', '55%', '30%', '10%'].map(
      (share, index) => `{ name: g${index}, path: sse, share: ${share} }`,
    );
    expect(messagesOf(around(shares.join(', ')))).toEqual([]);
  });

  it('are none for checks of the replies to a group’s messages', () => {
    const rest = 'phases: [{ duration: 1s }]\nchecks: [p99(w replies) < 1s]';
    expect(messagesOf(around('{ name: w, path: ws, rate: 1/s }', rest))).toEqual([]);
    expect(messagesOf(around('{ name: w, path: ws }', rest))[0]).toContain("got 'w replies'");
  });
});
