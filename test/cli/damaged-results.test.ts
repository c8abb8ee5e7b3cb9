import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pruneCommand } from '../../src/cli/commands/prune.ts';
import { trendCommand } from '../../src/cli/commands/trend.ts';
import { listResults, renderListing } from '../../src/cli/list-results.ts';
import { createRegression } from '../report/comparison-fixtures.ts';
import { createRecord } from '../report/fixtures.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'bpbench-damaged-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(base, { recursive: true, force: true });
});

function put(minute: number, record: object): string {
  const name = `20261121T10${String(minute).padStart(2, '0')}00Z-burst-block-${String(minute).padStart(5, '0')}`;
  mkdirSync(join(base, name));
  writeFileSync(join(base, name, 'record.json'), JSON.stringify(record));
  return name;
}

/** A copy in which the field at `path` is `value`. */
function edit(document: object, path: string, value: unknown): object {
  const copy = structuredClone(document);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce(
    (at, key) => at[key] as Record<string, unknown>,
    copy as Record<string, unknown>,
  );
  holder[last] = value;
  return copy;
}

async function printed(command: Promise<void>): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((piece, ...rest: unknown[]) => {
    text += String(piece);
    for (const one of rest) if (typeof one === 'function') one();
    return true;
  });
  await command;
  vi.restoreAllMocks();
  return text;
}

const RUN = createRecord();
const COMPARISON = createRegression();
const EDITS: [string, string, unknown, object][] = [
  ...(
    [
      ['strategyName', 7],
      ['scenario.name', 7],
      ['scenario.name', {}],
      ['scenario.name', null],
      ['scenario.clients', 7],
      ['verdict', 7],
      ['verdict.status', 7],
      ['startedAt', 7],
      ['startedAt', null],
      ['startedAt', 'soon'],
      ['partial', 'no'],
      ['environment.gitCommit', 7],
      ['environment.cpuModel', 7],
      ['groups.ws.latency.all.p99', 'late'],
      ['groups.ws.reordered', '9'],
    ] as const
  ).map(([path, value]): (typeof EDITS)[number] => ['run', path, value, RUN]),
  ...(
    [
      ['plan.scenario.name', 7],
      ['arms.0.version.gitCommit', 7],
      ['arms.1.strategyName', {}],
      ['startedAt', 7],
      ['verdict.status', 7],
      ['runs.0.folder', 7],
      ['runs.0.values', 7],
    ] as const
  ).map(([path, value]): (typeof EDITS)[number] => ['comparison', path, value, COMPARISON]),
];

describe('one damaged record among others', () => {
  it.each(EDITS)(
    'is told of, and the others are shown: a %s, %s = %j',
    async (_kind, path, value, document) => {
      const damaged = put(2, edit(document, path, value));
      put(1, RUN);
      put(3, { ...RUN, id: 'later', startedAt: '2026-11-21T11:00:00.000Z' });
      const listing = await listResults(base, undefined, false);
      expect(listing.results.map(({ kind }) => kind)).toEqual(['run', 'damaged', 'run']);
      expect(listing.results[1]?.problem).toContain(path);
      const look = { width: 160, color: false, unicode: true };
      expect(renderListing(listing, look)).toContain(`! ${damaged}: record.json is a damaged record`);

      const options = { results: base, limit: 0, out: [] };
      expect(await printed(trendCommand(undefined, options))).toContain('1 result could not be read');
      expect(await printed(trendCommand(undefined, { ...options, json: true }))).not.toContain(damaged);

      const plan = await printed(pruneCommand({ results: base, keep: 0, dryRun: true }));
      expect(plan).toContain(`would go: ${damaged}`);
    },
  );
});
