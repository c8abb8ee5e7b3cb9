import { describe, expect, it } from 'vitest';
import {
  DEFAULT_SYSTEM_SETTINGS,
  planDurationMs,
  planMaxConnections,
  type ScenarioPlan,
} from '../../src/core/plan.ts';
import { findScenarioProblems, type PlanOverrides, resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource, parseScenarioText } from '../../src/scenarios/source.ts';

const BURST = `
name: burst
description: Ten, then a thousand.
boundary: [sse.client, ws.outbound, proxy.events]
system: { resources: { max_connections: 1000 }, consumer: { serviceTime: 1ms } }
clients:
  - { name: sse fast, path: sse, share: 50% }
  - { name: sse slow, path: sse, share: 5%, read: 20KiB/s, via: unix }
  - { name: ws, path: ws, share: 30% }
  - { name: proxy, path: proxy, share: 15%, rate: 200/s }
phases:
  - { name: baseline, duration: 2s, connections: 10, publish: 10/s }
  - { name: burst, duration: 3s, connections: 1000, arrive: at-once, publish: 100/s }
  - { name: recovery, duration: 6s, publish: 10/s }
checks:
  - connections.rejected < 100
  - recoveryTime(sse fast) < 2s
  - loss(sse fast) == 0
seed: 4711
`;

const burst = (overrides: PlanOverrides = {}) =>
  resolvePlan(parseScenarioText(BURST, 'burst.yaml', 'burst'), overrides);
const problemsOf = (overrides: PlanOverrides) =>
  findScenarioProblems(parseScenarioText(BURST, 'burst.yaml', 'burst'), overrides).map(
    (problem) => `${problem.path}: ${problem.message}`,
  );

function phasesOf(
  phases: object[],
  clients: object[] = [
    { name: 'p', path: 'proxy', rate: '5/s' },
    { name: 's', path: 'sse' },
  ],
) {
  return resolvePlan(createScenarioSource({ clients, phases }), { seed: 1 }).phases;
}

const rates = (plan: ScenarioPlan) =>
  plan.phases.map((phase) =>
    phase.publish?.model === 'burst' ? phase.publish.count : phase.publish?.toPerSec,
  );
const poisson = (perSec: number, toPerSec = perSec) => ({ model: 'poisson', fromPerSec: perSec, toPerSec });

describe('resolvePlan', () => {
  it('resolves the burst of the design exactly', () => {
    const rest = { deadlineMs: 1000, arrivals: null, requestBytes: 0 };
    const fast = { via: 'tcp', readBytesPerSec: null, ...rest };
    const all = { 'sse fast': 500, 'sse slow': 50, ws: 300, proxy: 150 };
    const phase = { eventBytes: 512, arrivals: {}, measured: true };
    expect(burst()).toEqual({
      name: 'burst',
      description: 'Ten, then a thousand.',
      boundary: ['sse.client', 'ws.outbound', 'proxy.events'],
      system: {
        resources: { maxConnections: 1000, maxMemoryBytes: null, maxTasks: 3000 },
        ...DEFAULT_SYSTEM_SETTINGS,
        consumer: { ...DEFAULT_SYSTEM_SETTINGS.consumer, serviceTimeMs: 1 },
      },
      events: { keys: 100, flows: 8, criticalShare: 0.05, sheddableShare: 0.45 },
      clients: [
        { name: 'sse fast', path: 'sse', share: 0.5, ...fast },
        { name: 'sse slow', path: 'sse', share: 0.05, ...rest, via: 'unix', readBytesPerSec: 20_480 },
        { name: 'ws', path: 'ws', share: 0.3, ...fast, requestBytes: 128 },
        { name: 'proxy', path: 'proxy', share: 0.15, ...fast, arrivals: poisson(200) },
      ],
      phases: [
        {
          name: 'baseline',
          durationMs: 2000,
          connections: { 'sse fast': 5, 'sse slow': 1, ws: 3, proxy: 1 },
          arrive: 'even',
          publish: poisson(10),
          ...phase,
        },
        {
          name: 'burst',
          durationMs: 3000,
          connections: all,
          arrive: 'at-once',
          publish: poisson(100),
          ...phase,
        },
        {
          name: 'recovery',
          durationMs: 6000,
          connections: all,
          arrive: 'even',
          publish: poisson(10),
          ...phase,
        },
      ],
      checks: ['connections.rejected < 100', 'recoveryTime(sse fast) < 2s', 'loss(sse fast) == 0'].map(
        (expression) => ({ name: expression, expression, failIf: false }),
      ),
      seed: 4711,
      graceMs: 5000,
      stallAfterMs: 5000,
    });
  });

  it('is JSON-safe and leaves the source alone', () => {
    const source = parseScenarioText(BURST, 'burst.yaml', 'burst');
    const before = structuredClone(source.raw);
    const plan = resolvePlan(source, { sets: ['phases.0.duration=9s'] });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(source.raw).toEqual(before);
  });

  it('draws a seed of 32 bits when nobody gives one, and lets the flag win', () => {
    const plan = resolvePlan(
      createScenarioSource({ clients: [{ name: 's', path: 'sse' }], phases: [{ duration: 1 }] }),
    );
    expect(Number.isInteger(plan.seed) && plan.seed >= 0 && plan.seed < 2 ** 32).toBe(true);
    expect(burst({ seed: 7 }).seed).toBe(7);
    expect(burst({ seed: 0 }).seed).toBe(0);
  });
});

describe('what a phase leaves out', () => {
  it('stays as it was: connections, publish, event', () => {
    const phases = phasesOf([
      { duration: '1s', connections: 4, publish: '10/s', event: '1KiB' },
      { duration: '1s' },
      { duration: '1s', connections: { s: 9 }, publish: 'none' },
      { duration: '1s' },
    ]);
    expect(phases.map((phase) => phase.connections)).toEqual([
      { p: 2, s: 2 },
      { p: 2, s: 2 },
      { p: 2, s: 9 },
      { p: 2, s: 9 },
    ]);
    expect(phases.map((phase) => phase.publish)).toEqual([poisson(10), poisson(10), null, null]);
    expect(phases.map((phase) => phase.eventBytes)).toEqual([1024, 1024, 1024, 1024]);
  });

  it('goes on from the end of a ramp; a single burst is over, a repeated one is not', () => {
    const phases = phasesOf([
      { duration: '1s', publish: { rate: '10/s', to: '50/s' } },
      { duration: '1s' },
      { duration: '1s', publish: { burst: 5 } },
      { duration: '1s' },
      { duration: '1s', publish: { burst: 5, every: '100ms' } },
      { duration: '1s' },
    ]);
    const repeated = { model: 'burst', count: 5, everyMs: 100 };
    expect(phases.map((phase) => phase.publish)).toEqual([
      poisson(10, 50),
      poisson(50),
      { model: 'burst', count: 5, everyMs: null },
      null,
      repeated,
      repeated,
    ]);
  });

  it('holds for the rates of groups too, which fall back to their own after a single burst', () => {
    const phases = phasesOf([
      { duration: '1s' },
      { duration: '1s', rate: { p: { rate: '10/s', to: '30/s' } } },
      { duration: '1s' },
      { duration: '1s', rate: { p: { burst: 9 } } },
      { duration: '1s' },
      { duration: '1s', rate: { p: 'none' } },
      { duration: '1s' },
    ]);
    expect(phases.map((phase) => phase.arrivals['p'])).toEqual([
      poisson(5),
      poisson(10, 30),
      poisson(30),
      { model: 'burst', count: 9, everyMs: null },
      poisson(5),
      undefined,
      undefined,
    ]);
  });

  it('a group’s own burst comes in each phase', () => {
    const plan = resolvePlan(
      createScenarioSource({
        clients: [{ name: 'p', path: 'proxy', rate: { burst: 3 } }],
        phases: [{ duration: 1 }, { duration: 1 }],
      }),
      { seed: 1 },
    );
    expect(plan.clients[0]?.arrivals).toEqual({ model: 'burst', count: 3, everyMs: null });
    expect(plan.phases.map((phase) => phase.arrivals)).toEqual([{}, {}]);
  });

  it('a group without connections has nothing due', () => {
    const [first, second] = phasesOf([
      { duration: '1s', connections: { s: 3 } },
      { duration: '1s', connections: { p: 1 } },
    ]);
    expect(first?.arrivals).toEqual({});
    expect(second?.arrivals).toEqual({ p: poisson(5) });
  });
});

describe('overrides', () => {
  it('-d stretches every phase and hits the total exactly', () => {
    expect(burst({ durationMs: 22_000 }).phases.map((phase) => phase.durationMs)).toEqual([
      4000, 6000, 12_000,
    ]);
    const plan = burst({ durationMs: 1000 });
    expect(plan.phases.map((phase) => phase.durationMs)).toEqual([182, 273, 545]);
    expect(planDurationMs(plan)).toBe(1000);
  });

  it('-r sets the publish rate of the busiest phase, the others follow, requests stay', () => {
    const plan = burst({ ratePerSec: 50 });
    expect(rates(plan)).toEqual([5, 50, 5]);
    expect(plan.clients[3]?.arrivals).toEqual(poisson(200));
  });

  it('-r scales ramps and bursts, a burst by its mean rate', () => {
    const source = createScenarioSource({
      clients: [{ name: 's', path: 'sse' }],
      phases: [
        { duration: '1s', publish: { rate: '40/s', to: '10/s' } },
        { duration: '1s', publish: { burst: 50, every: '500ms' } }, // 100/s
        { duration: '2s', publish: { burst: 20 } }, // 10/s
      ],
    });
    const plan = resolvePlan(source, { seed: 1, ratePerSec: 200 });
    expect(plan.phases.map((phase) => phase.publish)).toEqual([
      poisson(80, 20),
      { model: 'burst', count: 100, everyMs: 500 },
      { model: 'burst', count: 40, everyMs: null },
    ]);
  });

  it('-r sets the request rate where nothing is published', () => {
    const source = createScenarioSource({
      clients: [{ name: 'p', path: 'proxy', rate: '20/s' }],
      phases: [{ duration: '1s' }, { duration: '1s', rate: { p: '300/s' } }],
    });
    const plan = resolvePlan(source, { seed: 1, ratePerSec: 600 });
    expect(plan.phases.map((phase) => phase.arrivals['p'])).toEqual([poisson(40), poisson(600)]);
  });

  it('-c sets the total of the largest phase; nobody loses the last connection', () => {
    const plan = burst({ connections: 100 });
    expect(planMaxConnections(plan)).toBe(100);
    expect(plan.phases.map((phase) => phase.connections)).toEqual([
      { 'sse fast': 1, 'sse slow': 1, ws: 1, proxy: 1 },
      { 'sse fast': 50, 'sse slow': 5, ws: 30, proxy: 15 },
      { 'sse fast': 50, 'sse slow': 5, ws: 30, proxy: 15 },
    ]);
  });

  it('-c keeps the proportions of a map and of shares below 100 %', () => {
    const source = createScenarioSource({
      clients: [
        { name: 'a', path: 'sse', share: '30%' },
        { name: 'b', path: 'sse', share: '10%' },
      ],
      phases: [
        { duration: 1, connections: 100 },
        { duration: 1, connections: { a: 10, b: 10 } },
      ],
    });
    expect(
      resolvePlan(source, { seed: 1, connections: 80 }).phases.map((phase) => phase.connections),
    ).toEqual([
      { a: 60, b: 20 },
      { a: 20, b: 20 },
    ]);
  });

  it('--set comes before everything is checked, --fail-if after the checks', () => {
    const plan = burst({
      sets: ['phases.burst.duration=5s', 'clients.sse slow.read=0'],
      failIf: ['p99>50ms'],
    });
    expect(plan.phases[1]?.durationMs).toBe(5000);
    expect(plan.clients[1]?.readBytesPerSec).toBe(0);
    expect(plan.checks[3]).toEqual({ name: 'not p99>50ms', expression: 'p99>50ms', failIf: true });
  });

  it('report everything wrong with them at once, and where it came from', () => {
    const overrides = {
      sets: ['phases.brust.duration=5s', 'system.consumer.serviceTime=fast', 'sytem.x=1'],
      failIf: ['p98>50ms'],
      seed: -1,
      connections: 0,
      ratePerSec: 0,
      durationMs: Number.POSITIVE_INFINITY,
    };
    expect(problemsOf(overrides)).toEqual([
      "system.consumer.serviceTime: expected a duration such as 300ms, 2s, 5m or 1h (a bare number is seconds), got 'fast' (text) (from --set system.consumer.serviceTime=fast)",
      "sytem: unknown key 'sytem'; did you mean system? (from --set sytem.x=1)",
      "--set phases.brust.duration=5s: phases has no entry named 'brust'; did you mean burst?",
      '--seed: expected a whole number from 0 to 4294967295, got -1 (number)',
      '--duration: expected a duration above 0 and at most 7 days (in ms), got Infinity (number)',
      '--rate: expected a rate above 0 and at most 1000000/s, got 0 (number)',
      '--connections: expected a whole number from 1 to 100000, got 0 (number)',
      "--fail-if p98>50ms: check 'p98>50ms', character 1: expected a metric, got 'p98>50ms'; did you mean p90 or p95 or p99?",
    ]);
  });

  it('refuse what this scenario cannot follow', () => {
    expect(problemsOf({ connections: 4 })).toEqual([]);
    expect(problemsOf({ connections: 3 })).toEqual([
      '--connections: expected at least 4, one for each client group, got 3',
    ]);
    expect(problemsOf({ durationMs: 2 })).toEqual([
      '--duration: expected enough for 3 phases of at least 1 ms, got 2 ms',
    ]);
    expect(problemsOf({ failIf: ['loss(sse fats)>0'] })[0]).toContain('did you mean sse fast?');
    const idle = createScenarioSource({
      clients: [{ name: 's', path: 'sse' }],
      phases: [{ duration: 1, connections: 0 }],
    });
    expect(findScenarioProblems(idle, { ratePerSec: 5 })[0]?.message).toBe(
      'this scenario publishes nothing and requests nothing',
    );
    expect(findScenarioProblems(idle, { connections: 5 })[0]?.message).toBe(
      'nobody connects in this scenario',
    );
  });
});
