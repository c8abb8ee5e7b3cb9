/** However a process of a run ends, nothing stays behind, and what was measured is on disk. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRecord } from '../../src/report/record-document.ts';
import { createResultsFolder, findMarked, type RunningCli, startCli } from '../helpers/cli.ts';
import { until } from '../helpers/system.ts';

const isLinux = process.platform === 'linux';

interface LiveRun extends RunningCli {
  readonly results: string;
  readonly folder: string;
}

/** A run that is under way: all four processes are up and samples are being written. */
async function startRun(...args: string[]): Promise<LiveRun> {
  const results = createResultsFolder();
  const cli = startCli(['run', 'smoke', '-d', '30s', '--no-progress', '--results', results, ...args]);
  const folder = () => readdirSync(results).find((name) => name !== 'latest') ?? '';
  const isSampling = (): boolean => {
    const file = join(results, folder(), 'timeline.ndjson');
    return folder() !== '' && existsSync(file) && readFileSync(file, 'utf8').split('\n').length > 5;
  };
  await until(isSampling, 'the run is under way', 30_000);
  return { ...cli, results, folder: join(results, folder()) };
}

const socketFolders = () =>
  readdirSync(tmpdir()).filter((name) => /^bpbench-(?!results|test|cli)/.test(name));

function readRecord(folder: string) {
  return parseRecord(readFileSync(join(folder, 'record.json'), 'utf8'));
}

describe.skipIf(!isLinux)('processes (found through /proc, so on Linux only)', () => {
  it('are four: conductor, system, origin, load worker', async () => {
    const run = await startRun();
    expect(
      findMarked(run.mark)
        .map(({ role }) => role)
        .sort(),
    ).toEqual(['conductor', 'load', 'origin', 'system']);
    run.child.kill('SIGINT');
    await run.done;
  });

  it.each(['system', 'origin', 'load'])('%s killed: exit 5, a partial record, nothing left', async (role) => {
    const before = socketFolders();
    const run = await startRun();
    const victim = findMarked(run.mark).find((one) => one.role === role);
    process.kill(victim?.pid as number, 'SIGKILL');
    const { code, stderr } = await run.done;
    expect(code).toBe(5);
    expect(stderr).toMatch(
      new RegExp(`the ${role === 'load' ? 'load worker' : role} process ended by SIGKILL`),
    );
    const record = readRecord(run.folder);
    expect(record.partial).toBe(true);
    expect(record.verdict.status).not.toBe('pass');
    expect(findMarked(run.mark)).toEqual([]);
    expect(socketFolders()).toEqual(before);
  });

  it('end by themselves within seconds when the conductor is killed', async () => {
    const before = socketFolders();
    const run = await startRun();
    run.child.kill('SIGKILL');
    await run.done;
    await until(() => findMarked(run.mark).length === 0, 'the children have ended', 5000);
    expect(socketFolders()).toEqual(before);
  });

  it('end though their event loop is blocked when the conductor is killed', async () => {
    const run = await startRun();
    const system = findMarked(run.mark).find(({ role }) => role === 'system');
    process.kill(system?.pid as number, 'SIGSTOP');
    run.child.kill('SIGKILL');
    await run.done;
    process.kill(system?.pid as number, 'SIGCONT');
    await until(() => findMarked(run.mark).length === 0, 'the children have ended', 8000);
  });
});

describe('Ctrl-C', () => {
  it('stops arrivals, drains, and leaves a partial record whose ledgers close', async () => {
    const run = await startRun('--strategy', 'drop-oldest');
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.done;
    expect(code).toBe(130);
    expect(stderr).toMatch(/press Ctrl-C again to quit now/);
    expect(stdout).toMatch(/SIGINT/);
    const record = readRecord(run.folder);
    expect(record).toMatchObject({
      partial: true,
      interruptedBy: 'SIGINT',
      validity: { status: expect.stringMatching(/valid|doubt/) },
    });
    expect(record.durationMs).toBeLessThan(20_000);
    const all = { ...record.ledgers.boundaries, ...record.ledgers.endToEnd };
    expect(
      Object.values(all)
        .map((ledger) => ledger.unaccounted)
        .filter((count) => count !== 0),
    ).toEqual([]);
    expect(record.checks.map((check) => check.status).filter((status) => status === 'pass')).toEqual([]);
    expect(existsSync(join(run.folder, 'report.md'))).toBe(true);
  });

  it('ends with 143 for SIGTERM', async () => {
    const run = await startRun();
    run.child.kill('SIGTERM');
    expect((await run.done).code).toBe(143);
  });

  it('ends at once when it is pressed twice, and leaves no process', async () => {
    const run = await startRun();
    run.child.kill('SIGINT');
    await until(() => run.stderr().includes('press Ctrl-C again'), 'the first one was heard');
    run.child.kill('SIGINT');
    expect((await run.done).code).toBe(130);
    if (isLinux) await until(() => findMarked(run.mark).length === 0, 'the children have ended', 5000);
  });
});
