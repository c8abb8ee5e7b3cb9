/** The main job, end to end: real processes, real sockets, every event accounted for. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/exit-codes.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { parseRecord } from '../../src/report/record-document.ts';
import { createResultsFolder, runCli, runRecord, runValidRecord } from '../helpers/cli.ts';
import { codeOfRuns, codeOnHost, isHostTooBusy } from '../helpers/validity.ts';

const SCENARIOS = ['gradual', 'burst', 'memory-bound'];
const STRATEGIES = ['block', 'drop-oldest', 'drop-newest', 'unbounded'];

function unaccountedOf({ ledgers }: RunRecord): Record<string, number> {
  const all = { ...ledgers.boundaries, ...ledgers.endToEnd };
  return Object.fromEntries(Object.entries(all).map(([name, ledger]) => [name, ledger.unaccounted]));
}

describe('bpbench run', () => {
  const played: RunRecord[] = [];

  it('prints a summary, exits 0 and leaves a complete record', async () => {
    const results = createResultsFolder();
    const { code, stdout, stderr } = await runCli([
      'run',
      'smoke',
      '--strategy',
      'drop-oldest',
      '--seed',
      '4711',
      '--results',
      results,
    ]);
    expect(stderr).not.toContain('error');
    expect(stdout).toMatch(/bpbench run smoke --strategy drop-oldest --seed 4711/);
    const [folder] = readdirSync(results).filter((name) => name !== 'latest');
    expect(folder).toMatch(/^\d{8}T\d{6}Z-smoke-drop-oldest-\w+$/);
    const files = readdirSync(join(results, folder as string)).sort();
    expect(files).toEqual(['latency.hlog', 'record.json', 'report.html', 'report.md', 'timeline.ndjson']);
    const record = parseRecord(readFileSync(join(results, folder as string, 'record.json'), 'utf8'));
    const status = isHostTooBusy(record) ? 'invalid' : 'pass';
    expect(record.verdict.status).toBe(status);
    expect(stdout).toContain(status.toUpperCase());
    expect(code).toBe(codeOnHost(record, EXIT.ok));
    expect(record.seed).toBe(4711);
    expect(record.ledgers.endToEnd.sse?.delivered).toBeGreaterThan(100);
    expect(record.ledgers.endToEnd.ws?.delivered).toBeGreaterThan(100);
    expect(record.ledgers.endToEnd.proxy?.delivered).toBeGreaterThan(20);
    expect(record.tasks.leaked).toBe(0);
    expect(existsSync(join(results, 'latest', 'record.json'))).toBe(true);
    const lines = readFileSync(join(results, folder as string, 'timeline.ndjson'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) JSON.parse(line);
  });

  it('offers the same arrivals again for the same seed, and others for another', async () => {
    const due = async (seed: string) => {
      const { record } = await runRecord(['smoke', '--seed', seed]);
      return {
        published: record.ledgers.endToEnd.publish?.offered,
        requests: record.ledgers.endToEnd.proxy?.offered,
      };
    };
    const first = await due('1');
    expect(await due('1')).toEqual(first);
    expect(await due('2')).not.toEqual(first);
  });

  describe.each(SCENARIOS)('%s', (scenario) => {
    it.each(STRATEGIES)('accounts for every event under %s', async (strategy) => {
      const { record, code } = await runValidRecord([
        scenario,
        '--strategy',
        strategy,
        '-d',
        '2.5s',
        '-c',
        '60',
        '--no-checks',
        '--grace',
        '1s',
      ]);
      expect(
        Object.values(unaccountedOf(record)).every((count) => count === 0),
        JSON.stringify(unaccountedOf(record)),
      ).toBe(true);
      expect(record.tasks.leaked).toBe(0);
      expect(code, JSON.stringify(record.verdict)).toBe(codeOnHost(record, EXIT.ok));
      played.push(record);
    });
  });

  it('keeps its plan in most of these runs: a generator that never does is not the host’s doing', () => {
    expect(played.length).toBeGreaterThan(0);
    expect(played.filter(isHostTooBusy).length).toBeLessThan(played.length / 2);
  });

  it('plays several strategies on one seed and prints one comparison', async () => {
    const results = createResultsFolder();
    const { code, stdout } = await runCli([
      ...['run', 'smoke', '--strategy', 'drop-oldest', '--strategy', 'block', '--seed', '1', '--no-progress'],
      ...['--results', results],
    ]);
    expect(code).toBe(codeOfRuns(results, EXIT.ok));
    expect(stdout).toMatch(/drop-oldest/);
    expect(stdout).toMatch(/block/);
  });

  it('calls a run invalid, exit 4, when a policy loses events that it does not count', async () => {
    const { record, code } = await runRecord([
      'slow-cohort',
      '--strategy',
      'as-written/ironstar-drop-oldest',
      '-d',
      '5s',
    ]);
    expect(code).toBe(4);
    expect(record.verdict.status).toBe('invalid');
    expect(record.ledgers.boundaries['sse.client']?.unaccounted).toBeGreaterThan(0);
    expect(record.verdict.reasons[0]?.message).toMatch(/ledger of sse\.client/);
  });

  it('ends with 99 when a check fails, and with 0 under --exit-zero', async () => {
    const args = ['smoke', '--fail-if', 'p99>0ms', '--seed', '1'];
    const failed = await runValidRecord(args);
    expect({ code: failed.code, status: failed.record.verdict.status }).toEqual({ code: 99, status: 'fail' });
    expect((await runRecord([...args, '--exit-zero'])).code).toBe(0);
  });

  it('writes what -o asks for, by extension, and the same again on stdout for -', async () => {
    const results = createResultsFolder();
    const [markdown, json, text] = ['report.md', 'again.json', 'summary.txt'].map((name) =>
      join(results, name),
    ) as [string, string, string];
    const args = ['run', 'smoke', '-d', '1.5s', '--seed', '1', '--quiet', '--results', join(results, 'runs')];
    const { code, stdout } = await runCli([...args, '-o', markdown, '-o', json, '-o', text, '-o', '-']);
    const record = parseRecord(readFileSync(json, 'utf8'));
    expect(record.seed).toBe(1);
    expect(code).toBe(codeOnHost(record, EXIT.ok));
    const isValid = !isHostTooBusy(record);
    expect(readFileSync(text, 'utf8')).toContain(isValid ? 'PASS' : 'INVALID');
    expect(stdout).toMatch(
      isValid ? /^PASS smoke as-found seed 1\n/ : /^INVALID smoke as-found seed 1: .+\n/,
    );
    expect(stdout).toContain(readFileSync(markdown, 'utf8'));
  });
});
