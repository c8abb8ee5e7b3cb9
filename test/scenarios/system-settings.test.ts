import { describe, expect, it } from 'vitest';
import { DEFAULT_SYSTEM_SETTINGS, type SystemSettings } from '../../src/core/plan.ts';
import { findScenarioProblems, resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource, parseScenarioText } from '../../src/scenarios/source.ts';

const REST = { clients: [{ name: 'sse', path: 'sse' }], phases: [{ duration: '1s' }] };

const sourceOf = (system: unknown) => createScenarioSource({ ...REST, system });
const resolve = (system: unknown): SystemSettings => resolvePlan(sourceOf(system), { seed: 1 }).system;
const problemsOf = (system: unknown): string[] =>
  findScenarioProblems(sourceOf(system)).map(({ path, message }) => `${path}: ${message}`);

/** `value` at `path`, in maps made for it. */
function at(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<
    string,
    unknown
  >;
}

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('settings of the system in a scenario', () => {
  it('are the defaults where nothing is written', () => {
    const { resources, ...rest } = resolve(undefined);
    expect(rest).toEqual(DEFAULT_SYSTEM_SETTINGS);
    expect(resources).toEqual({ maxConnections: 1000, maxMemoryBytes: null, maxTasks: 3000 });
  });

  it.each<[string, unknown, (system: SystemSettings) => unknown, unknown]>([
    ['consumer.freeze', '500ms', (s) => s.consumer.freezeMs, 500],
    ['consumer.freezeEvery', '5s', (s) => s.consumer.freezeEveryMs, 5000],
    ['consumer.ticks', 'per-event', (s) => s.consumer.ticks, 'per-event'],
    ['consumer.tickCost', '1ms', (s) => s.consumer.tickCostMs, 1],
    ['upstream.connections', 8, (s) => s.upstream.connections, 8],
    ['upstream.reuse', 'none', (s) => s.upstream.reuse, 'none'],
    ['upstream.acquireTimeout', '5s', (s) => s.upstream.acquireTimeoutMs, 5000],
    ['upstream.acquireTimeout', 'none', (s) => s.upstream.acquireTimeoutMs, null],
    ['upstream.acquireTimeout', null, (s) => s.upstream.acquireTimeoutMs, null],
    ['upstream.connectTimeout', '1s', (s) => s.upstream.connectTimeoutMs, 1000],
    ['upstream.headTimeout', '10s', (s) => s.upstream.headTimeoutMs, 10_000],
    ['upstream.idleTimeout', '4s', (s) => s.upstream.idleTimeoutMs, 4000],
    ['upstream.lifetime', '1m', (s) => s.upstream.lifetimeMs, 60_000],
    ['lifecycle.preview', '64KiB', (s) => s.lifecycle.previewBytes, 65_536],
    ['lifecycle.finishBlocksResponse', false, (s) => s.lifecycle.finishBlocksResponse, false],
    ['lifecycle.dropBy', 'request', (s) => s.lifecycle.dropBy, 'request'],
    ['lifecycle.output', 'own', (s) => s.lifecycle.output, 'own'],
    ['lifecycle.requests', 'counters', (s) => s.lifecycle.requests, 'counters'],
    ['lifecycle.stopPath', 'as-found', (s) => s.lifecycle.stopPath, 'as-found'],
    ['forward.connect', 'intercept', (s) => s.forward.connect, 'intercept'],
    ['forward.nonTls', 'close', (s) => s.forward.nonTls, 'close'],
    [
      'forward.allowHosts',
      ['API.example.com', '2001:db8::1'],
      (s) => s.forward.allowHosts,
      ['api.example.com', '2001:db8::1'],
    ],
    ['forward.upstreamCa', PEM, (s) => s.forward.upstreamCa, PEM],
    ['forward.insecureHosts', ['localhost'], (s) => s.forward.insecureHosts, ['localhost']],
    ['forward.idleTimeout', '3s', (s) => s.forward.idleTimeoutMs, 3000],
    ['intercept.wait', 'sync-pool', (s) => s.intercept.wait, 'sync-pool'],
    ['intercept.workers', 2, (s) => s.intercept.workers, 2],
    ['intercept.stream', 'push', (s) => s.intercept.stream, 'push'],
    ['intercept.keepAlive', '15s', (s) => s.intercept.keepAliveMs, 15_000],
    ['intercept.dedupeIds', 0, (s) => s.intercept.dedupeIds, 0],
    [
      'intercept.reconnect',
      { attempts: 3, first: '100ms', max: '2s', jitter: '10%' },
      (s) => s.intercept.reconnect,
      { attempts: 3, firstMs: 100, maxMs: 2000, jitter: 0.1 },
    ],
    [
      'intercept.reconnect.attempts',
      0,
      (s) => s.intercept.reconnect,
      { ...DEFAULT_SYSTEM_SETTINGS.intercept.reconnect, attempts: 0 },
    ],
    ['recorder.mode', 'inline', (s) => s.recorder.mode, 'inline'],
    ['recorder.write', '2ms', (s) => s.recorder.writeMs, 2],
    ['program', { command: 'node' }, (s) => s.program, { command: 'node', args: [] }],
    [
      'program',
      { command: 'node', args: ['-e', '1'] },
      (s) => s.program,
      { command: 'node', args: ['-e', '1'] },
    ],
    ['program', 'none', (s) => s.program, null],
    ['program', null, (s) => s.program, null],
  ])('%s: %j', (path, value, read, expected) => {
    const table =
      path === 'consumer.freeze' ? { consumer: { freeze: value, freezeEvery: '5s' } } : at(path, value);
    const read_ = resolve(table);
    expect(read(read_)).toEqual(expected);
  });

  it.each<[string, unknown, string]>([
    ['consumer.freeze', '1s', 'system.consumer.freeze: freeze needs freezeEvery: from one '],
    ['consumer', { freeze: '1s', freezeEvery: '1s' }, 'expected freezeEvery to be more than freeze'],
    ['consumer.ticks', 'per-evnet', 'system.consumer.ticks: expected one of one, per-event, got '],
    [
      'consumer.servicetime',
      '1ms',
      "system.consumer.servicetime: unknown key 'servicetime'; did you mean serviceTime?",
    ],
    [
      'upstream.acquireTimeout',
      0,
      'system.upstream.acquireTimeout: expected a duration from 1ms to 7 days (168h), or none',
    ],
    ['upstream.acquireTimeout', 'never', 'or none, got '],
    ['upstream.connectTimeout', 'none', 'system.upstream.connectTimeout: expected a duration such as '],
    ['upstream.reuse', true, 'system.upstream.reuse: expected one of keep-alive, none, got true'],
    ['lifecycle.preview', '2MiB', 'system.lifecycle.preview: expected a size from 0 B to 1MiB, got '],
    [
      'lifecycle.finishBlocksResponse',
      'no',
      'system.lifecycle.finishBlocksResponse: expected true or false, got ',
    ],
    ['forward.allowHosts', ['http://example.com'], 'system.forward.allowHosts[0]: expected a host such as '],
    ['forward.allowHosts', ['[::1]'], 'without scheme, port and brackets'],
    ['forward.allowHosts', ['example.com:80'], 'without scheme, port and brackets'],
    ['forward.upstreamCa', './ca.pem', 'system.forward.upstreamCa: expected certificates in PEM form'],
    ['forward.conect', 'tunnel', "unknown key 'conect'; did you mean connect?"],
    [
      'intercept.reconnect',
      { first: '2m' },
      'system.intercept.reconnect.max: expected max to be first or more',
    ],
    ['intercept.workers', 0, 'system.intercept.workers: expected a whole number from 1 to 1024, got 0'],
    ['intercept.reconnect.jiter', 0, "unknown key 'jiter'; did you mean jitter?"],
    ['recorder.mode', 'on', 'system.recorder.mode: expected one of off, inline, async, got '],
    ['program', 'node', 'system.program: expected none, or a map with command and args, got '],
    ['program', { args: [] }, 'system.program.command: expected the name or path of a program'],
    ['program', { command: 'node', argv: [] }, "unknown key 'argv'; did you mean args?"],
    ['proxy', {}, "unknown key 'proxy'; known are resources, consumer, upstream"],
  ])('%s: %j is refused once', (path, value, message) => {
    const problems = problemsOf(at(path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('are set one by one from the command line', () => {
    const sets = [
      'system.upstream.acquireTimeout=250ms',
      'system.forward.allowHosts=[example.com]',
      'system.intercept.rules=[{on: event, action: delay, delay: 20ms, everyNth: 10}]',
    ];
    const { upstream, forward, intercept } = resolvePlan(sourceOf({}), { sets }).system;
    expect(upstream.acquireTimeoutMs).toBe(250);
    expect(forward.allowHosts).toEqual(['example.com']);
    expect(intercept.rules).toEqual([{ on: 'event', action: 'delay', delayMs: 20, everyNth: 10 }]);
  });

  it('point at their line in the file', () => {
    const text = [
      'clients: [{ name: sse, path: sse }]',
      'phases: [{ duration: 1s }]',
      'system:',
      '  intercept:',
      '    rules:',
      '      - on: request',
      '        action: block',
      '        status: 99',
      '      - { on: response, action: delay }',
    ].join('\n');
    const problems = findScenarioProblems(parseScenarioText(text, 'x.yaml', 'x'));
    expect(problems.map(({ path, line, message }) => [path, line, message])).toEqual([
      ['system.intercept.rules[0].status', 8, 'expected a whole number from 200 to 599, got 99 (number)'],
      ['system.intercept.rules[1].delay', 9, 'delay of a response needs delay: how long, such as 20ms'],
    ]);
  });
});
