import { describe, expect, it } from 'vitest';
import { BOUNDARY_NAMES } from '../../src/core/boundary.ts';
import type { ScenarioPlan } from '../../src/core/plan.ts';
import { findScenarioProblems, resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource } from '../../src/scenarios/source.ts';

/** A sound document with one value set, `--set`-like but with plain values. */
function documentWith(path: string, value: unknown) {
  const document = {
    system: { resources: {}, consumer: {}, upstream: {}, origin: {} },
    clients: [
      { name: 'sse', path: 'sse' },
      { name: 'proxy', path: 'proxy', rate: 5 },
    ],
    phases: [{ name: 'only', duration: '2s', rate: {} }],
  };
  const keys = path.split('.');
  let tree = document as unknown as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) tree = tree[key] as Record<string, unknown>;
  tree[keys.at(-1) as string] = value;
  return createScenarioSource(document);
}

const CONSTANT_5 = { model: 'poisson', fromPerSec: 5, toPerSec: 5 };

describe('fields of a scenario', () => {
  it.each<[string, unknown, (plan: ScenarioPlan) => unknown, unknown]>([
    ['phases.0.duration', '300ms', (plan) => plan.phases[0]?.durationMs, 300],
    ['phases.0.duration', '1m30s', (plan) => plan.phases[0]?.durationMs, 90_000],
    ['phases.0.duration', '1.001s', (plan) => plan.phases[0]?.durationMs, 1001],
    ['phases.0.duration', 2, (plan) => plan.phases[0]?.durationMs, 2000],
    ['phases.0.event', '1KiB', (plan) => plan.phases[0]?.eventBytes, 1024],
    ['phases.0.event', '1MB', (plan) => plan.phases[0]?.eventBytes, 1_000_000],
    ['phases.0.event', undefined, (plan) => plan.phases[0]?.eventBytes, 512],
    ['phases.0.arrive', 'at-once', (plan) => plan.phases[0]?.arrive, 'at-once'],
    ['phases.0.arrive', undefined, (plan) => plan.phases[0]?.arrive, 'even'],
    ['phases.0.measured', false, (plan) => plan.phases[0]?.measured, false],
    ['phases.0.name', 'warmup', (plan) => plan.phases[0]?.measured, false],
    ['phases.0.name', undefined, (plan) => plan.phases[0]?.name, 'phase-1'],
    ['phases.0.connections', undefined, (plan) => plan.phases[0]?.connections, { sse: 5, proxy: 5 }],
    ['phases.0.connections', { proxy: 3 }, (plan) => plan.phases[0]?.connections, { sse: 0, proxy: 3 }],
    ['phases.0.publish', undefined, (plan) => plan.phases[0]?.publish, null],
    ['phases.0.publish', 'none', (plan) => plan.phases[0]?.publish, null],
    ['phases.0.publish', null, (plan) => plan.phases[0]?.publish, null],
    ['phases.0.publish', 5, (plan) => plan.phases[0]?.publish, CONSTANT_5],
    ['phases.0.publish', '300/min', (plan) => plan.phases[0]?.publish, CONSTANT_5],
    [
      'phases.0.publish',
      '1k/s',
      (plan) => plan.phases[0]?.publish,
      { model: 'poisson', fromPerSec: 1000, toPerSec: 1000 },
    ],
    [
      'phases.0.publish',
      { rate: '0/s', to: '500/s', arrivals: 'constant' },
      (plan) => plan.phases[0]?.publish,
      { model: 'constant', fromPerSec: 0, toPerSec: 500 },
    ],
    [
      'phases.0.publish',
      { burst: 500 },
      (plan) => plan.phases[0]?.publish,
      { model: 'burst', count: 500, everyMs: null },
    ],
    [
      'phases.0.publish',
      { burst: 500, every: '1s' },
      (plan) => plan.phases[0]?.publish,
      { model: 'burst', count: 500, everyMs: 1000 },
    ],
    ['clients.0.read', '20KiB/s', (plan) => plan.clients[0]?.readBytesPerSec, 20_480],
    ['clients.0.read', 0, (plan) => plan.clients[0]?.readBytesPerSec, 0],
    ['clients.0.read', 'full', (plan) => plan.clients[0]?.readBytesPerSec, null],
    ['clients.0.read', undefined, (plan) => plan.clients[0]?.readBytesPerSec, null],
    ['clients.0.share', '5%', (plan) => plan.clients.map((client) => client.share), [0.05, 0.95]],
    ['clients.0.share', 0.25, (plan) => plan.clients.map((client) => client.share), [0.25, 0.75]],
    ['clients.0.via', 'unix', (plan) => plan.clients[0]?.via, 'unix'],
    ['clients.0.via', undefined, (plan) => plan.clients[0]?.via, 'tcp'],
    ['clients.0.deadline', '250ms', (plan) => plan.clients[0]?.deadlineMs, 250],
    ['clients.0.deadline', undefined, (plan) => plan.clients[0]?.deadlineMs, 1000],
    ['clients.1.body', '2KiB', (plan) => plan.clients[1]?.requestBytes, 2048],
    ['clients.1.body', undefined, (plan) => plan.clients[1]?.requestBytes, 0],
    [
      'clients.1.arrivals',
      'constant',
      (plan) => plan.clients[1]?.arrivals,
      { ...CONSTANT_5, model: 'constant' },
    ],
    ['system.resources.maxMemory', '100MB', (plan) => plan.system.resources.maxMemoryBytes, 100_000_000],
    ['system.resources.max_memory', '1MiB', (plan) => plan.system.resources.maxMemoryBytes, 1_048_576],
    ['system.resources.maxMemory', 'none', (plan) => plan.system.resources.maxMemoryBytes, null],
    ['system.resources.maxMemory', null, (plan) => plan.system.resources.maxMemoryBytes, null],
    [
      'system.resources.max_connections',
      7,
      (plan) => plan.system.resources,
      { maxConnections: 7, maxMemoryBytes: null, maxTasks: 21 },
    ],
    ['system.resources.max_tasks', 9, (plan) => plan.system.resources.maxTasks, 9],
    [
      'system.resources',
      undefined,
      (plan) => plan.system.resources,
      { maxConnections: 1000, maxMemoryBytes: null, maxTasks: 3000 },
    ],
    ['system.consumer.serviceTime', '250us', (plan) => plan.system.consumer.serviceTimeMs, 0.25],
    ['system.upstream.connections', 3, (plan) => plan.system.upstream.connections, 3],
    [
      'system.origin',
      { serviceTime: '0ms', body: '1MiB' },
      (plan) => plan.system.origin,
      { serviceTimeMs: 0, bodyBytes: 1_048_576 },
    ],
    [
      'system',
      undefined,
      (plan) => [plan.system.consumer.serviceTimeMs, plan.system.upstream.connections, plan.system.origin],
      [0, 64, { serviceTimeMs: 5, bodyBytes: 1024 }],
    ],
    ['grace', '2s', (plan) => plan.graceMs, 2000],
    ['grace', undefined, (plan) => plan.graceMs, 5000],
    ['seed', 4711, (plan) => plan.seed, 4711],
    ['boundary', 'sse.client', (plan) => plan.boundary, ['sse.client']],
    ['boundary', undefined, (plan) => plan.boundary, ['sse.client', 'proxy.events']],
    ['name', undefined, (plan) => plan.name, 'scenario'],
    [
      'checks',
      [{ name: 'fast enough', expression: 'p99 < 5ms' }],
      (plan) => plan.checks,
      [{ name: 'fast enough', expression: 'p99 < 5ms', failIf: false }],
    ],
  ])('%s: %j', (path, value, read, expected) => {
    const overrides = path === 'seed' ? {} : { seed: 1 };
    expect(read(resolvePlan(documentWith(path, value), overrides))).toEqual(expected);
  });

  it.each([
    ['phases.0.duration', '0s', "expected a duration from 1ms to 7 days (168h), got '0s' (text)"],
    [
      'phases.0.duration',
      -1,
      'expected a duration such as 300ms, 2s, 5m or 1h (a bare number is seconds), got -1 (number)',
    ],
    ['phases.0.duration', Number.NaN, 'got NaN (number)'],
    ['phases.0.duration', '10000h', "expected a duration from 1ms to 7 days (168h), got '10000h' (text)"],
    ['phases.0.duration', undefined, 'got nothing'],
    ['phases.0.publish', 0, 'expected a rate above 0 and at most 1000000/s, or none, got 0 (number)'],
    [
      'phases.0.publish',
      1e9,
      'expected a rate above 0 and at most 1000000/s, or none, got 1000000000 (number)',
    ],
    ['phases.0.publish', 1e308, 'or none, got 1e+308 (number)'],
    [
      'phases.0.publish',
      'fast',
      "expected a rate such as 500, 500/s, 1k/s or 30/min, none, {rate: 100/s, to: 500/s, arrivals: poisson} or {burst: 500, every: 1s}, got 'fast' (text)",
    ],
    ['phases.0.publish', true, 'got true (boolean)'],
    [
      'phases.0.publish',
      { rate: 5, burst: 5 },
      'either a rate (rate, to, arrivals) or a burst (burst, every), not both',
    ],
    ['phases.0.publish', { to: 5 }, 'expected rate: 100/s or burst: 500 in this map'],
    ['phases.0.publish', { rate: 5, every: '1s' }, 'expected every only beside burst'],
    ['phases.0.event', '95', "expected a size from 96 B to 64MiB, got '95' (text)"],
    ['phases.0.event', '1GiB', "expected a size from 96 B to 64MiB, got '1GiB' (text)"],
    ['phases.0.connections', -1, 'expected a whole number from 0 to 100000, got -1 (number)'],
    [
      'phases.0.connections',
      'many',
      "expected a number of connections from 0 to 100000, or a map from client group to number, got 'many' (text)",
    ],
    ['phases.0.measured', 'yes', "expected true or false, got 'yes' (text)"],
    ['clients.0.path', 'sss', "expected one of sse, ws, proxy, got 'sss' (text); did you mean sse"],
    ['clients.0.share', '101%', "expected a share such as 5% or 0.05, got '101%' (text)"],
    ['clients.0.read', '20 bananas', "got '20 bananas' (text)"],
    ['clients.0.name', 'a\u001b[31m', "got 'a\\u001b[31m' (text)"],
    ['clients.0.name', '42', 'not only digits'],
    ['clients.0.name', 'constructor', 'expected a name of letters'],
    ['clients.0.deadline', 0, 'expected a duration from 0.001ms'],
    ['name', '../../etc', 'as it names the result folder'],
    ['seed', 1.5, 'expected a whole number from 0 to 4294967295, got 1.5 (number)'],
    ['system.resources.maxMemory', 0, 'above 0, got 0 (number)'],
    [
      'boundary',
      'sse.clients',
      `expected one of ${BOUNDARY_NAMES.join(', ')}, got 'sse.clients' (text); did you mean sse.client?`,
    ],
    ['boundary', ['ws.outbond'], 'did you mean ws.outbound?'],
    ['boundary', [], 'expected at least one boundary, got an empty list'],
    ['clients', [], 'expected at least one client group, got an empty list'],
    ['phases', {}, 'expected a list of phases, got a map'],
  ])('%s: %j is refused once', (path, value, message) => {
    const problems = findScenarioProblems(documentWith(path as string, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(message);
  });
});
