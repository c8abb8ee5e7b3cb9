import { describe, expect, it } from 'vitest';
import { DEFAULT_SYSTEM_SETTINGS, type SystemSettings } from '../../src/core/plan.ts';
import { findScenarioProblems, resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource } from '../../src/scenarios/source.ts';

const REST = { clients: [{ name: 'sse', path: 'sse' }], phases: [{ duration: '1s' }] };

/** A scenario with `key: value` pairs under `system`, as `--set` writes them. */
function resolve(settings: Record<string, unknown>, system: unknown = {}): SystemSettings {
  const sets = Object.entries(settings).map(([path, value]) => `system.${path}=${JSON.stringify(value)}`);
  return resolvePlan(createScenarioSource({ ...REST, system }), { seed: 1, sets }).system;
}

function problemsOf(settings: Record<string, unknown>, system: unknown = {}): string[] {
  const sets = Object.entries(settings).map(([path, value]) => `system.${path}=${JSON.stringify(value)}`);
  return findScenarioProblems(createScenarioSource({ ...REST, system }), { sets }).map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

type Given = Record<string, unknown>;
type Case = [given: Given, read: (system: SystemSettings) => unknown, expected: unknown];

const words = <T extends string>(
  path: string,
  read: (system: SystemSettings) => T,
  all: readonly T[],
  more: Given = {},
): Case[] => all.map((word): Case => [{ ...more, [path]: word }, read, word]);

const ACTOR = { 'ws.architecture': 'actor' };
const LOOP = { 'ws.architecture': 'single-loop' };

const CASES: Case[] = [
  ...words('store.mode', (s) => s.store.mode, ['sqlite', 'none']),
  ...words('store.synchronous', (s) => s.store.synchronous, ['off', 'normal', 'full', 'extra']),
  [{ 'store.write': '5ms' }, (s) => s.store.writeMs, 5],
  ...words('store.onError', (s) => s.store.onError, ['refuse', 'publish']),
  [{ 'store.keepEvents': 100 }, (s) => s.store.keepEvents, 100],
  [{ 'store.keepEvents': 'none' }, (s) => s.store.keepEvents, null],
  [{ 'store.keepFor': '1m' }, (s) => s.store.keepMs, 60_000],
  [{ 'store.keepFor': 'none' }, (s) => s.store.keepMs, null],
  [{ 'projections.serviceTime': '2ms' }, (s) => s.projections.serviceTimeMs, 2],
  ...words('projections.onLag', (s) => s.projections.onLag, ['replay', 'skip']),
  ...words('sse.fanout', (s) => s.sse.fanout, ['per-client', 'shared']),
  ...words('sse.resume', (s) => s.sse.resume, ['subscribe-first', 'replay-first', 'since-plus-one', 'none']),
  [{ 'sse.dedupe': false }, (s) => s.sse.dedupe, false],
  ...words('sse.onLag', (s) => s.sse.onLag, [
    ...(['replay', 'snapshot', 'reload', 'stale', 'disconnect', 'end', 'ignore'] as const),
  ]),
  ...words('sse.gaps', (s) => s.sse.gaps, ['silent', 'record']),
  [{ 'sse.replayEvents': 500 }, (s) => s.sse.replayEvents, 500],
  [{ 'sse.keepAlive': '1s' }, (s) => s.sse.keepAliveMs, 1000],
  [{ 'sse.writeDeadline': '20s' }, (s) => s.sse.writeDeadlineMs, 20_000],
  [{ 'sse.writeDeadline': 'none' }, (s) => s.sse.writeDeadlineMs, null],
  [{ 'sse.retry': '3s' }, (s) => s.sse.retryMs, 3000],
  ...words('sse.render', (s) => s.sse.render, ['event', 'state']),
  [{ 'sse.stateItems': 7 }, (s) => s.sse.stateItems, 7],
  ...words('ws.architecture', (s) => s.ws.architecture, ['single-loop', 'split', 'actor', 'offload']),
  ...words('ws.actor', (s) => s.ws.actor, ['thin', 'fat'], ACTOR),
  ...words('ws.select', (s) => s.ws.select, ['biased', 'fair'], LOOP),
  [{ 'ws.force': true }, (s) => s.ws.force, true],
  [{ 'ws.architecture': 'offload', 'ws.workers': 4 }, (s) => s.ws.workers, 4],
  [{ 'ws.architecture': 'offload', 'ws.sequenced': false }, (s) => s.ws.sequenced, false],
  [
    { 'ws.inbound': { middlewares: 5, time: '10ms', work: 'compute' } },
    (s) => s.ws.inbound,
    { middlewares: 5, workMs: 10, work: 'compute' },
  ],
  [
    { 'ws.outbound.middlewares': 2, 'ws.outbound.time': '1ms' },
    (s) => s.ws.outbound,
    { middlewares: 2, workMs: 1, work: 'await' },
  ],
  [{ 'ws.replies': 200 }, (s) => s.ws.replies, 200],
  ...words('ws.onFull', (s) => s.ws.onFull, ['drop', 'retry', 'kill-subscription', 'disconnect']),
  ...words('ws.control', (s) => s.ws.control, ['inline', 'queue', 'strict', 'weighted']),
  [{ 'ws.control': 'weighted', 'ws.controlWeight': 8 }, (s) => s.ws.controlWeight, 8],
  [{ 'ws.control': 'strict', 'ws.controlCapacity': 'none' }, (s) => s.ws.controlCapacity, null],
  [{ 'ws.sendTimeout': '30s' }, (s) => s.ws.sendTimeoutMs, 30_000],
  [{ 'ws.pingEvery': '10s' }, (s) => s.ws.pingEveryMs, 10_000],
  [{ 'ws.pingEvery': 'none' }, (s) => s.ws.pingEveryMs, null],
  [{ 'ws.maxConnectionTime': '1h' }, (s) => s.ws.maxConnectionMs, 3_600_000],
  [{ 'ws.broadcastItems': 16 }, (s) => s.ws.broadcastItems, 16],
  ...words('ws.onLag', (s) => s.ws.onLag, ['end-feed', 'resume']),
  ...words('ws.history', (s) => s.ws.history, ['half', 'paged']),
  ...words('ws.shutdown', (s) => s.ws.shutdown, ['flush', 'discard']),
  ...words('ws.deflate', (s) => s.ws.deflate, ['off', 'context', 'no-context']),
];

describe('settings of the feeds', () => {
  it.each(CASES)('%j', (given, read, expected) => {
    expect(read(resolve(given))).toEqual(expected);
  });

  it('are all there, and all tried above', () => {
    const { store, projections, sse, ws } = resolve({});
    expect({ store, projections, sse, ws }).toEqual({
      store: DEFAULT_SYSTEM_SETTINGS.store,
      projections: DEFAULT_SYSTEM_SETTINGS.projections,
      sse: DEFAULT_SYSTEM_SETTINGS.sse,
      ws: DEFAULT_SYSTEM_SETTINGS.ws,
    });
    const changed = new Set<string>();
    for (const [given] of CASES) {
      const system = resolve(given);
      for (const table of ['store', 'projections', 'sse', 'ws'] as const) {
        for (const [key, value] of Object.entries(system[table])) {
          const byDefault = (DEFAULT_SYSTEM_SETTINGS[table] as unknown as Given)[key];
          if (JSON.stringify(value) !== JSON.stringify(byDefault)) changed.add(`${table}.${key}`);
        }
      }
    }
    const all = (['store', 'projections', 'sse', 'ws'] as const).flatMap((table) =>
      Object.keys(DEFAULT_SYSTEM_SETTINGS[table]).map((key) => `${table}.${key}`),
    );
    expect(all.filter((key) => !changed.has(key))).toEqual([]);
  });

  it('that need a store are off without one, unless somebody asks for them', () => {
    const { sse, projections } = resolve({ 'store.mode': 'none' });
    expect([sse.resume, sse.onLag, projections.onLag]).toEqual(['none', 'stale', 'skip']);
    expect(resolve({ 'store.mode': 'none', 'sse.onLag': 'disconnect' }).sse.onLag).toBe('disconnect');
  });

  const NO_STORE = { 'store.mode': 'none' };
  it.each<[Given, string]>([
    [
      { ...NO_STORE, 'sse.resume': 'subscribe-first' },
      'system.sse.resume: resume: subscribe-first needs a store',
    ],
    [{ ...NO_STORE, 'sse.onLag': 'replay' }, 'system.sse.onLag: onLag: replay needs a store'],
    [{ ...NO_STORE, 'projections.onLag': 'replay' }, 'system.projections.onLag: onLag: replay needs a store'],
    [{ ...NO_STORE, 'store.synchronous': 'off' }, 'system.store.synchronous: synchronous: off needs a store'],
    [{ ...NO_STORE, 'store.keepFor': '1m' }, 'system.store.keepFor: keepFor: 1m needs a store'],
    [{ ...NO_STORE, 'ws.history': 'half' }, 'system.ws.history: history: half needs a store'],
    [{ 'sse.resume': 'none', 'sse.dedupe': false }, 'dedupe: false needs a replay, and resume is none'],
    [
      { 'sse.resume': 'none', 'sse.onLag': 'end', 'sse.replayEvents': 5 },
      'system.sse.replayEvents: replayEvents: 5 needs a replay',
    ],
    [{ 'ws.actor': 'fat' }, 'system.ws.actor: actor: fat needs architecture: actor, got split'],
    [{ ...ACTOR, 'ws.select': 'fair' }, 'system.ws.select: select: fair needs a single loop'],
    [
      { ...LOOP, 'ws.workers': 4 },
      'system.ws.workers: workers: 4 needs architecture: offload, got single-loop',
    ],
    [
      { 'ws.control': 'strict', 'ws.controlWeight': 2 },
      'controlWeight: 2 needs control: weighted, got strict',
    ],
    [{ 'ws.controlCapacity': 'none' }, 'controlCapacity: none needs a lane (control: strict or weighted)'],
    [{ 'ws.sequenced': false }, 'sequenced: false needs architecture: offload, got split'],
    [{ 'ws.inbound.time': '10ms' }, 'system.ws.inbound.time: time needs middlewares: 1 or more'],
    [{ 'ws.outbound.work': 'compute' }, 'system.ws.outbound.work: work: compute needs time, such as 10ms'],
    [{ 'ws.arcitecture': 'actor' }, "unknown key 'arcitecture'; did you mean architecture?"],
    [
      { 'ws.architecture': 'actr' },
      'system.ws.architecture: expected one of single-loop, split, actor, offload',
    ],
    [
      { 'store.keepEvents': 0 },
      'system.store.keepEvents: expected a whole number from 1 to 100000000, or none',
    ],
    [{ 'store.keepEvents': 1.5 }, 'system.store.keepEvents: expected a whole number from 1'],
    [{ 'store.keepEvents': '100' }, 'system.store.keepEvents: expected a whole number from 1'],
    [{ 'sse.keepAlive': '0ms' }, 'system.sse.keepAlive: expected a duration from 1ms'],
    [{ 'sse.writeDeadline': 'never' }, 'system.sse.writeDeadline: expected a duration such as'],
  ])('%j is refused once', (given, message) => {
    const problems = problemsOf(given);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('tell every one that is idle at once', () => {
    expect(problemsOf({ 'ws.actor': 'fat', 'ws.workers': 9, 'ws.controlWeight': 9 })).toHaveLength(3);
  });
});

describe("the notes' keys of the feeds", () => {
  it('mean the same in a file and on the command line', () => {
    const theirs = { max_events_per_session: 100, event_ttl_secs: 60 };
    const inFile = resolve({}, { sse: theirs });
    const bySet = resolve({ 'sse.max_events_per_session': 100, 'sse.event_ttl_secs': 60 });
    for (const { sse, store } of [inFile, bySet]) {
      expect([sse.replayEvents, store.keepMs]).toEqual([100, 60_000]);
    }
    expect(resolve({}, { resources: { max_memory_mb: 512 } }).resources.maxMemoryBytes).toBe(512_000_000);
  });

  it('give way to the command line, and are refused beside ours', () => {
    expect(resolve({ 'store.keepFor': '5s' }, { sse: { event_ttl_secs: 60 } }).store.keepMs).toBe(5000);
    expect(problemsOf({}, { sse: { event_ttl_secs: 60 }, store: { keepFor: '5s' } })[0]).toContain(
      'event_ttl_secs and store.keepFor are the same limit; keep one of them',
    );
    expect(problemsOf({}, { sse: { event_ttl_sec: 60 } })[0]).toContain('did you mean event_ttl_secs?');
    expect(problemsOf({ 'sse.event_ttl_secs': 'soon' })[0]).toContain(
      'system.store.keepFor: expected a duration',
    );
  });

  it('that mean nothing here are refused', () => {
    expect(problemsOf({ 'sse.reconnect_timeout_secs': 30 })[0]).toContain(
      "unknown key 'reconnect_timeout_secs'",
    );
  });
});

describe('stallAfter', () => {
  const stallAfter = (more: object) =>
    resolvePlan(createScenarioSource({ ...REST, ...more }), { seed: 1 }).stallAfterMs;

  it('is five seconds unless the scenario says otherwise', () => {
    expect(stallAfter({})).toBe(5000);
    expect(stallAfter({ stallAfter: '250ms' })).toBe(250);
    expect(() => stallAfter({ stallAfter: '50ms' })).toThrow('a duration from 100ms');
  });
});
