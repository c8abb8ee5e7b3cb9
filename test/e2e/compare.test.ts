/** A whole experiment on real processes: somebody's service as it was and as it is, in blocks, from plan to folder. */
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { parseBaseline, parseComparison, parseRecord } from '../../src/report/record-document.ts';
import { createResultsFolder, runCli } from '../helpers/cli.ts';

const BLOCKS = 6;

const SCENARIO = `
name: service
description: Requests to a service of our own.
boundary: [proxy.requests]
clients:
  - { name: requests, path: proxy, share: 100%, rate: 60/s }
phases:
  - { name: steady, duration: 1s, connections: 10 }
`;

const servers: Server[] = [];

async function serve(delayMs: number): Promise<string> {
  const server = createServer((_, response) => setTimeout(() => response.end('ok'), delayMs));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterAll(() => {
  for (const server of servers) server.close();
});

describe('an old service and a new one that is slower by a fifth of a second', () => {
  const results = createResultsFolder();
  const scenario = join(results, 'service.yaml');
  const baseline = join(results, 'service.bpbaseline.json');
  let played: { code: number | null; stderr: string; record: ComparisonRecord };

  beforeAll(async () => {
    writeFileSync(scenario, SCENARIO);
    const urls = ['--baseline-target', await serve(5), '--target', await serve(205)];
    const accept = ['--save-baseline', baseline, '--accepted-by', 'Ann', '--reason', 'to try it'];
    const { code, stdout, stderr } = await runCli([
      ...['run', scenario, ...urls, '--repeat', String(BLOCKS), '--seed', '7', '--gate', 'p50', ...accept],
      ...['--no-progress', '--json', '--results', results],
    ]);
    played = { code, stderr, record: JSON.parse(stdout) as ComparisonRecord };
  }, 180_000);

  /** Whether the host left enough blocks; a busy one may not, and the record says so. */
  const isHostTooBusy = () =>
    played.record.verdict.reasons.some(({ code }) => ['too_many_rejected', 'no_data'].includes(code));

  it('says before the first run what will be played, and what is not known yet', () => {
    expect(played.stderr).toMatch(/^plan: 6 blocks of baseline, now: 12 runs, about \d+ s; seed 7$/m);
    expect(played.stderr).toMatch(/smallest change it can find is not known yet/);
  });

  it('are played in blocks of both, each on a seed of its own, in an order that is not always the same', () => {
    const { record } = played;
    expect(record).toMatchObject({ mode: 'regression', reference: 'baseline', seed: 7, partial: false });
    expect(record.design).toMatchObject({ type: 'blocks', blocksPlanned: BLOCKS, attempt: 1 });
    for (const block of record.design.order) expect(block.toSorted()).toEqual(['baseline', 'now']);
    for (const runs of Map.groupBy(record.runs, (run) => run.block).values()) {
      expect(new Set(runs.map(({ seed }) => seed)).size).toBe(1);
    }
    if (isHostTooBusy()) return;
    expect(new Set(record.design.order.map(([first]) => first)).size).toBe(2);
    expect(new Set(record.runs.map(({ seed }) => seed)).size).toBe(BLOCKS);
  });

  it('leave a folder for each run and one for the comparison, to which latest points', () => {
    const { record } = played;
    const latest = realpathSync(join(results, 'latest'));
    expect(basename(latest)).toMatch(new RegExp(`^\\d{8}T\\d{6}Z-service-compare-${record.id}$`));
    expect(parseComparison(readFileSync(join(latest, 'record.json'), 'utf8'))).toEqual(record);
    for (const { folder, id } of record.runs) {
      expect(parseRecord(readFileSync(join(latest, folder as string, 'record.json'), 'utf8')).id).toBe(id);
    }
    const folders = readdirSync(results, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders).toHaveLength(record.runs.length + 1);
  });

  it('are told apart: worse, exit 3', ({ skip }) => {
    if (isHostTooBusy()) return skip('this host was too busy for enough valid blocks');
    const p50 = played.record.results.find(({ metric }) => metric === 'p50');
    expect(p50).toMatchObject({ verdict: 'worse', n: BLOCKS });
    expect(p50?.value).toBeGreaterThan(205);
    expect({ code: played.code, exitCode: played.record.exitCode }).toEqual({ code: 3, exitCode: 3 });
  });

  it('say the same when the folder is compared again, and nothing against their own baseline', async ({
    skip,
  }) => {
    if (isHostTooBusy()) return skip('this host was too busy for enough valid blocks');
    const again = await runCli(['compare', 'latest', '--results', results, '--gate', 'p50', '--json']);
    const record = JSON.parse(again.stdout) as ComparisonRecord;
    const resultOf = ({ results: all }: ComparisonRecord) => all.find(({ metric }) => metric === 'p50');
    expect(resultOf(record)).toEqual(resultOf(played.record));
    expect(again.code).toBe(3);
    expect(parseBaseline(readFileSync(baseline, 'utf8'))).toMatchObject({
      acceptedBy: 'Ann',
      reason: 'to try it',
    });
  });
});
