/** Stalls of real processes: found, named, and the run ends all the same. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/exit-codes.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { parseTimeline } from '../../src/report/timeline-row.ts';
import { createResultsFolder, findMarked, type RunningCli, runRecord, startCli } from '../helpers/cli.ts';
import { until } from '../helpers/system.ts';
import { codeOnHost } from '../helpers/validity.ts';

const isLinux = process.platform === 'linux';

const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeScenario(name: string, scenario: object): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ ...scenario, stallAfter: '2s', grace: '1s' }));
  return path;
}

const kindsOf = ({ stalls }: RunRecord) => stalls.map((stall) => stall.class);

/** A run whose clients are connected, and the process of its system. */
async function startRun(...args: string[]): Promise<RunningCli & { systemPid: number }> {
  const results = createResultsFolder();
  const cli = startCli(['run', 'smoke', '--no-progress', '--json', '--results', results, ...args]);
  const isConnected = (): boolean => {
    const name = readdirSync(results).find((entry) => entry !== 'latest');
    const file = join(results, name ?? '', 'timeline.ndjson');
    if (name === undefined || !existsSync(file)) return false;
    return parseTimeline(readFileSync(file, 'utf8')).rows.some(({ connections }) => connections > 0);
  };
  await until(isConnected, 'clients are connected', 60_000);
  const { pid } = findMarked(cli.mark).find(({ role }) => role === 'system') as { pid: number };
  return { ...cli, systemPid: pid };
}

describe.skipIf(!isLinux)('a system process that says nothing (seen through /proc, so on Linux only)', () => {
  it('is a blocked loop while it is stopped by a signal, and no longer', async () => {
    const run = await startRun('-d', '12s', '--set', 'stallAfter=2s');
    process.kill(run.systemPid, 'SIGSTOP');
    await wait(4500); // longer than a stall takes
    process.kill(run.systemPid, 'SIGCONT');
    const { stdout } = await run.done;
    const record = JSON.parse(stdout) as RunRecord;
    expect(kindsOf(record)).toEqual(['blocked-loop']);
    const [stall] = record.stalls;
    expect(stall?.summary).toMatch(/it is stopped, by a signal or a debugger$/);
    expect(stall?.durationMs).toBeGreaterThanOrEqual(2000);
    expect(stall?.durationMs).toBeLessThan(10_000);
    expect(record.verdict.reasons).toContainEqual({ code: 'stalled', message: 'blocked-loop' });
    expect(record.findings.map(({ code }) => code)).toContain('stall-blocked-loop');
  });

  it('is a blocked loop while it computes: one redraw of four seconds', async () => {
    const scenario = writeScenario('freeze', {
      system: { consumer: { tickCost: '4s' } },
      clients: [
        { name: 'sse', path: 'sse' },
        { name: 'proxy', path: 'proxy', rate: { burst: 1 } },
      ],
      phases: [{ duration: '7s', connections: 2, publish: '5/s' }],
    });
    const { record } = await runRecord([scenario]);
    expect(kindsOf(record)).toContain('blocked-loop');
    expect(record.stalls[0]?.summary).toMatch(
      /its event loop computes and does not turn \([\d.]+ % of a core/,
    );
  });

  it('does not keep the run from ending when it stays stopped', async () => {
    const run = await startRun('-d', '6s', '--grace', '1s', '--set', 'stallAfter=1s');
    process.kill(run.systemPid, 'SIGSTOP');
    const { stdout, code } = await run.done;
    expect(code).toBe(5);
    expect(kindsOf(JSON.parse(stdout) as RunRecord)).toEqual(['blocked-loop']);
    expect(findMarked(run.mark)).toEqual([]);
  });
});

describe('a reader that does not read', () => {
  const scenario = () =>
    writeScenario('frozen', {
      clients: [
        { name: 'fast', path: 'sse', share: '75%' },
        { name: 'frozen', path: 'sse', share: '25%', read: 0, via: 'unix' },
      ],
      phases: [{ duration: '8s', connections: 4, arrive: 'at-once', publish: '200/s', event: '8KiB' }],
    });
  const blocking = ['--at', 'sse.client=block'];

  it.each(['ring-gated', 'block'])('holds up everybody where all wait for it: bus %s', async (bus) => {
    const { record, code } = await runRecord([scenario(), ...blocking, '--at', `sse.bus=${bus}`]);
    expect(kindsOf(record)).toEqual(['zero-window']);
    expect(record.stalls[0]).toMatchObject({ path: 'sse', boundary: 'sse.client' });
    expect(record.verdict.reasons).toContainEqual({ code: 'stalled', message: 'zero-window at sse.client' });
    expect(code).toBe(codeOnHost(record, EXIT.stalled));
  });

  it('is no stall where its queue drops', async () => {
    const { record } = await runRecord([scenario(), '--at', 'sse.client=drop-oldest']);
    expect(record.ledgers.boundaries['sse.client']?.dropped).not.toEqual({});
    expect(record.stalls).toEqual([]);
  });
});

describe('the dead-lock of a loop that waits for itself', () => {
  const small = (word: string) => ['--at', `ws.outbound=${word},capacity=10`];

  it('is none where sending tries and gives up: the loop lives, 10 of 200 replies arrive', async () => {
    const { record, code } = await runRecord(['deadlock', ...small('drop-newest')]);
    expect(record.ledgers.boundaries['ws.outbound']).toMatchObject({ delivered: 10 });
    expect(record.stalls).toEqual([]);
    expect(code).toBe(codeOnHost(record, EXIT.ok));
  });

  it('is named where sending waits: who waits for what, and exit code 6', async () => {
    const { record, code } = await runRecord([
      'deadlock',
      ...small('block'),
      '--set',
      'system.ws.force=true',
    ]);
    expect(record.ledgers.boundaries['ws.outbound']).toMatchObject({ delivered: 0 });
    expect(record.stalls).toMatchObject([{ class: 'cycle', boundary: 'ws.outbound', path: 'ws' }]);
    const [stall] = record.stalls;
    expect(stall?.cycle).toEqual([expect.stringMatching(/^ws \d+ loop$/)]);
    expect(stall?.waitsFor[0]?.what).toMatch(/ws\.outbound/);
    expect(record.findings.map(({ code: finding }) => finding)).toContain('stall-cycle');
    expect(code).toBe(codeOnHost(record, EXIT.stalled));
  });

  it('is none where reading and writing are two tasks: all 200 arrive', async () => {
    const { record } = await runRecord([
      'deadlock',
      ...small('block'),
      '--set',
      'system.ws.architecture=split',
    ]);
    expect(record.ledgers.boundaries['ws.outbound']).toMatchObject({ delivered: 200 });
    expect(record.stalls).toEqual([]);
  });

  it('is there again where a fat actor waits', async () => {
    const { record, code } = await runRecord([
      'deadlock',
      ...small('block'),
      ...['--set', 'system.ws.architecture=actor', '--set', 'system.ws.actor=fat'],
      ...['--set', 'system.ws.force=true'],
    ]);
    expect(record.stalls).toMatchObject([{ class: 'cycle', path: 'ws' }]);
    expect(record.stalls[0]?.cycle.length).toBeGreaterThan(1);
    expect(code).toBe(codeOnHost(record, EXIT.stalled));
  });
});
