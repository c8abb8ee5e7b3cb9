/**
 * Every two parts of a strategy together, at every boundary where that is legal: real runs of a second with
 * all processes and sockets, one composition at each boundary. Whatever a composition does to whom, every
 * ledger must close.
 */
import { describe, expect, it } from 'vitest';
import type { BoundaryName } from '../../src/core/boundary.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { defineScenario, run } from '../../src/index.ts';
import { parseStrategy } from '../../src/system/strategies/parse.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';
import { coverPairs, type Factors, type Row } from '../helpers/pairwise.ts';

const NONE = '';

/** Where the scenario below has traffic. */
const PLAYED: readonly BoundaryName[] = ['sse.client', 'ws.outbound', 'proxy.requests', 'proxy.events'];

/** Values with which a part has something to do within a second. */
const SETTINGS: Readonly<Record<string, string>> = {
  timeout: ',deadline=20ms',
  ttl: ',ttl=50ms',
  debounce: ',quiet=20ms,maxWait=100ms',
  batch: ',window=20ms',
  pace: ',rate=300/s,burst=10',
  'token-bucket': ',rate=100/s,burst=10',
  'concurrency-static': ',limit=8',
  'disconnect-bytes': ',limit=16KiB',
  'disconnect-soft': ',soft=8KiB,for=200ms',
  'disconnect-deadline': ',deadline=300ms',
  'disconnect-stalled': ',after=300ms',
  'disconnect-lag': ',items=100',
};

const SCENARIO = defineScenario({
  name: 'matrix',
  system: { consumer: { serviceTime: '2ms' }, upstream: { connections: 4 }, origin: { serviceTime: '5ms' } },
  events: { keys: 20, flows: 4, critical: '10%', sheddable: '40%' },
  clients: [
    { name: 'sse fast', path: 'sse', share: '20%' },
    { name: 'sse slow', path: 'sse', share: '20%', read: '20KiB/s', via: 'unix' },
    { name: 'ws', path: 'ws', share: '20%', rate: '50/s' },
    { name: 'ws slow', path: 'ws', share: '10%', read: '20KiB/s', via: 'unix' },
    { name: 'proxy', path: 'proxy', share: '30%', rate: '400/s' },
  ],
  phases: [
    {
      name: 'pressure',
      duration: '800ms',
      connections: 20,
      arrive: 'at-once',
      publish: '200/s',
      event: 1024,
    },
    { name: 'rest', duration: '200ms', publish: 'none', rate: { ws: 'none', proxy: 'none' } },
  ],
  grace: '500ms',
});

/** One factor for each stage; its levels are the texts of its parts. */
const FACTORS: Factors = Object.fromEntries(
  ['overflow', 'shaping', 'scheduling', 'aqm', 'ttl', 'admission', 'topology', 'slow-consumer'].map(
    (stage) => {
      const texts = DEFINITIONS.filter((part) => part.stage === stage && part.specimen !== true).map(
        ({ name }) =>
          `${name}${SETTINGS[name] ?? ''}${stage === 'overflow' && name !== 'latest' ? ',capacity=16' : ''}`,
      );
      return [stage, stage === 'overflow' ? texts : [NONE, ...texts]];
    },
  ),
);

const textOf = (row: Row): string =>
  Object.values(row)
    .filter((text) => text !== NONE)
    .join(' + ');

function isLegal(row: Row, boundary: BoundaryName): boolean {
  try {
    parseStrategy(textOf(row), boundary);
    return true;
  } catch {
    return false;
  }
}

const ROWS = Object.fromEntries(
  PLAYED.map((boundary) => [boundary, coverPairs(FACTORS, (row) => isLegal(row, boundary)).map(textOf)]),
) as Record<BoundaryName, string[]>;
const RUNS = Math.max(...PLAYED.map((boundary) => ROWS[boundary].length));

/** Everywhere a few of them; all of them, some minutes of runs, where BPBENCH_CI is set. */
const EVERY = process.env['BPBENCH_CI'] === undefined ? Math.ceil(RUNS / 8) : 1;
/** They wait more than they work. */
const AT_A_TIME = 8;

const strategiesOf = (index: number): Record<BoundaryName, string> =>
  Object.fromEntries(PLAYED.map((name) => [name, ROWS[name][index % ROWS[name].length]])) as Record<
    BoundaryName,
    string
  >;

function play(index: number, changes: Partial<Record<BoundaryName, string>> = {}): Promise<RunRecord> {
  const at = Object.entries({ ...strategiesOf(index), ...changes }).map(([name, text]) => `${name}=${text}`);
  return run(SCENARIO, { at, seed: index });
}

/** What must hold whatever was lost; slip and CPU are another matter where runs share the machine. */
function problemsOf(record: RunRecord): string[] {
  const broken = record.validity.checks.filter(
    ({ name, status }) => /^(ledger|harness|anything)/.test(name) && status !== 'ok',
  );
  const leaked = record.tasks.leaked === 0 ? [] : [`${record.tasks.leaked} tasks leaked`];
  return [...broken.map(({ name, detail }) => `${name}: ${detail}`), ...leaked];
}

describe('every two parts of a strategy', () => {
  it('there is something to play at every boundary', () => {
    for (const boundary of PLAYED) expect(ROWS[boundary].length, boundary).toBeGreaterThan(10);
    expect(PLAYED.flatMap((boundary) => ROWS[boundary].filter((text) => text.includes('undefined')))).toEqual(
      [],
    );
  });

  it('would be noticed if one did not add up', async () => {
    const record = await play(0, { 'sse.client': 'as-written/ironstar-drop-oldest,capacity=16' });
    expect(problemsOf(record).join()).toMatch(/ledger sse\.client: \d+ copies are in no column/);
  });

  it('closes every ledger, end to end', async () => {
    const indices = Array.from({ length: RUNS }, (_, i) => i).filter((i) => i % EVERY === 0);
    const problems: string[] = [];
    const next = async (): Promise<void> => {
      for (let index = indices.shift(); index !== undefined; index = indices.shift()) {
        const found = problemsOf(await play(index));
        if (found.length === 0) continue;
        const strategies = Object.entries(strategiesOf(index)).map(([name, text]) => `${name}=${text}`);
        problems.push([`run ${index}`, ...strategies, ...found].join('\n  '));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, next));
    expect(problems.join('\n')).toBe('');
  }, 1_200_000);
});
