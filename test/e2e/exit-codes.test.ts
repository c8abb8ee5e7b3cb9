/**
 * One test for each exit code and each pair of them that can meet, on the command; the package's test plays it again on the
 * built one. What no run does on request is edited in.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { EXIT_PRECEDENCE, mergeExitCodes } from '../../src/core/exit-codes.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { createResultsFolder, runCli, runValidRecord, startCli } from '../helpers/cli.ts';
import { editRecord, type RecordedChange, writeRun } from '../helpers/recorded-runs.ts';

const BLOCKS = 8;
const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
let real: RunRecord;

beforeAll(async () => {
  real = (await runValidRecord(['smoke', '-d', '1s', '--seed', '1', '--no-checks'])).record;
});

type Wrong = 'stalled' | 'failed' | 'worse';

/** Values that differ a little from block to block, as real ones do. */
const noiseOf = (seed: number): number => 1 + ((seed * 7) % 5) / 1000;

/** Runs of one version, one for each seed; the second and third of them may be stalled or failed. */
function writeVersion(
  gitCommit: string,
  wrong: readonly Wrong[],
  change: RecordedChange['change'] = {},
): string[] {
  const base = createResultsFolder();
  return Array.from({ length: BLOCKS }, (_, at) => {
    const seed = at + 1;
    const status =
      seed === 2 && wrong.includes('stalled')
        ? 'stalled'
        : seed === 3 && wrong.includes('failed')
          ? 'fail'
          : 'pass';
    const latency = (wrong.includes('worse') ? 2 : 1) * noiseOf(gitCommit === OLD ? seed : seed + 1);
    return writeRun(base, editRecord(real, { seed, gitCommit, latency, status, change }));
  });
}

interface Compared {
  code: number | null;
  record: ComparisonRecord;
  stderr: string;
}

async function compare(...args: string[]): Promise<Compared> {
  const { code, stdout, stderr } = await runCli(['compare', ...args, '--json']);
  return { code, record: JSON.parse(stdout) as ComparisonRecord, stderr };
}

/** A baseline that was accepted on the host whose runs are given. */
async function acceptBaseline(runs: readonly string[]): Promise<string> {
  const path = join(createResultsFolder(), 'smoke.bpbaseline.json');
  const accept = ['--save-baseline', path, '--accepted-by', 'Ann', '--reason', 'first one'];
  const { stderr } = await runCli(['compare', ...runs, ...accept]);
  expect(stderr).toMatch(/wrote .*smoke\.bpbaseline\.json/);
  return path;
}

const CASES: [number, Wrong[]][] = [
  [3, ['worse']],
  [99, ['failed']],
  [6, ['stalled']],
  [99, ['failed', 'worse']],
  [6, ['stalled', 'worse']],
  [6, ['stalled', 'failed']],
  [6, ['stalled', 'failed', 'worse']],
];

describe('a comparison ends with', () => {
  it('0 where everything gated is proved the same', async () => {
    const { code, record } = await compare(...writeVersion(OLD, []), ...writeVersion(NEW, []));
    expect(record.verdict).toEqual({ status: 'pass', reasons: [] });
    expect(record).toMatchObject({ mode: 'regression', exitCode: 0 });
    expect(record.arms.map(({ name }) => name)).toEqual([
      expect.stringMatching(/@aaaaaaa$/),
      expect.stringMatching(/@bbbbbbb$/),
    ]);
    expect(record.design).toMatchObject({ type: 'blocks', blocks: BLOCKS });
    expect(record.results.find(({ metric }) => metric === 'all.p99')?.verdict).toBe('same');
    expect(code).toBe(0);
  });

  it.each(CASES)('%i where the new version is %j', async (expected, wrong) => {
    const { code, record } = await compare(...writeVersion(OLD, []), ...writeVersion(NEW, wrong));
    expect({ code, recorded: record.exitCode }).toEqual({ code: expected, recorded: expected });
    const reasons = new Set(record.verdict.reasons.map((reason) => reason.code));
    expect([...reasons]).toHaveLength(wrong.length); // the record holds every verdict, the code sums up
  });

  it('4 before all of these where the baseline is of another host and nothing calibrates it', async () => {
    const elsewhere = { environment: { ...real.environment, cpuModel: 'another', gitCommit: OLD } };
    const baseline = await acceptBaseline(writeVersion(OLD, [], elsewhere));
    for (const wrong of [[], ...CASES.slice(0, 3).map(([, one]) => one)]) {
      const { code, record } = await compare(
        ...writeVersion(NEW, wrong),
        ...['--baseline', baseline, '--allow-unpaired'],
      );
      expect({ wrong, code, status: record.verdict.status }).toEqual({ wrong, code: 4, status: 'invalid' });
      expect(record.verdict.reasons).toHaveLength(1 + wrong.length);
    }
  });

  it('4 where no run of an arm counts: no data is never green', async () => {
    const base = createResultsFolder();
    const write = (gitCommit: string, status: 'pass' | 'invalid') =>
      [1, 2, 3].map((seed) => writeRun(base, editRecord(real, { seed, gitCommit, status })));
    const { code, record } = await compare(...write(OLD, 'pass'), ...write(NEW, 'invalid'));
    expect({ code, status: record.verdict.status }).toEqual({ code: 4, status: 'invalid' });
  });

  it('99 for an expectation that does not hold, and 0 under --exit-zero with the verdict kept', async () => {
    const runs = [...writeVersion(OLD, []), ...writeVersion(NEW, [])];
    const expectation = ['--expect', 'new: all.p99 better than old by >= 50%'];
    const named = runs.map((path, at) => `${at < BLOCKS ? 'old' : 'new'}=${path}`);
    expect((await compare(...named, ...expectation)).code).toBe(99);
    const { code, record } = await compare(...named, ...expectation, '--exit-zero');
    expect({ code, recorded: record.exitCode, status: record.verdict.status }).toEqual({
      ...{ code: 0, recorded: 99, status: 'fail' },
    });
  });
});

describe('what cannot be told', () => {
  /** Three pairs prove nothing. */
  const few = () => [...writeVersion(OLD, []).slice(0, 3), ...writeVersion(NEW, []).slice(0, 3)];

  it('is told, and is 0 unless --strict makes it 4', async () => {
    const { code, record } = await compare(...few());
    expect({ code, status: record.verdict.status }).toEqual({ code: 0, status: 'inconclusive' });
    expect((await compare(...few(), '--strict')).code).toBe(4);
  });

  it('gates nothing without pairs unless --allow-unpaired says so', async () => {
    const runs = [...writeVersion(OLD, []).slice(0, 6), ...writeVersion(NEW, ['worse']).slice(1, 7)];
    const { code, record } = await compare(...runs);
    expect(record.design.type).toBe('unpaired');
    expect({ code, status: record.verdict.status }).toEqual({ code: 0, status: 'inconclusive' });
  });

  it('is a baseline that nobody has accepted: loud, never a pass, 4 under --strict', async () => {
    const runs = writeVersion(NEW, []);
    const nowhere = ['--results', createResultsFolder(), '--baseline', 'auto'];
    const { code, record, stderr } = await compare(...runs, ...nowhere);
    expect({ code, status: record.verdict.status }).toEqual({ code: 0, status: 'inconclusive' });
    expect(stderr).toMatch(/warning: there is no baseline: looked for smoke\.bpbaseline\.json/);
    expect((await compare(...runs, ...nowhere, '--strict')).code).toBe(4);
  });
});

describe('2, before anything else', () => {
  it.each<[string, () => string[], RegExp]>([
    ['nothing to compare', () => [], /compare expects results/],
    ['a folder that is not there', () => ['nowhere'], /there is no nowhere/],
    [
      'one strategy in one version',
      () => writeVersion(OLD, []).slice(0, 2),
      /all 2 results are of one strategy .*\n.*before=results\/A after=results\/B/,
    ],
    [
      'other plans, though the one is invalid',
      () => {
        const base = createResultsFolder();
        const other = { scenario: { ...real.scenario, graceMs: 1 } };
        return [
          writeRun(base, editRecord(real, { seed: 1, gitCommit: OLD, status: 'invalid' })),
          writeRun(base, editRecord(real, { seed: 1, gitCommit: NEW, change: other })),
        ];
      },
      /did not play what the others played\n.*graceMs: \d+ → 1/,
    ],
    [
      'a baseline that was edited',
      () => ['--baseline', 'package.json', ...writeVersion(OLD, []).slice(0, 1)],
      /no bpbench record/,
    ],
    [
      'a metric that is none',
      () => [...writeVersion(OLD, []), '--margin', 'p98=5%', '--need', 'loss<1%'],
      /there is no metric 'p98'/,
    ],
    [
      'a baseline without a reason',
      () => ['x', '--save-baseline', 'b.json', '--accepted-by', 'Ann'],
      /and a reason/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(['compare', ...args()]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each<[string, string[], RegExp]>([
    [
      'too few blocks for the gate',
      ['--baseline', 'BASELINE', '--repeat', '3'],
      /fewer than 8 blocks, got 3/,
    ],
    ['a need that cannot be read', ['--need', 'speed<3'], /speed/],
    ['an arm that is not played', ['--repeat', '2', '--reference', 'block'], /there is no arm 'block'/],
    [
      'several arms, and a folder of results that cannot be one',
      ['--strategy', 'block', '--strategy', 'drop-oldest', '--results', 'package.json'],
      /cannot write .*package\.json/,
    ],
    [
      'a service that is not there, after a flag that is wrong',
      ['--target', 'http://127.0.0.1:9/', '--looks', '2'],
      /--repeat/,
    ],
    [
      'an old service without a new one',
      ['--baseline-target', 'http://127.0.0.1:9/', '--repeat', '8'],
      /there is none/,
    ],
  ])('%s', async (_, flags, message) => {
    const baseline = flags.includes('BASELINE') ? await acceptBaseline(writeVersion(OLD, [])) : '';
    const results = createResultsFolder();
    const args = ['run', 'smoke', '-d', '1s', '--no-checks', '--results', results];
    const { code, stdout, stderr } = await runCli([
      ...args,
      ...flags.map((flag) => (flag === 'BASELINE' ? baseline : flag)),
    ]);
    expect({ code, stdout, sent: readdirSync(results) }).toEqual({ code: 2, stdout: '', sent: [] });
    expect(stderr).toMatch(message);
  });
});

describe('an experiment', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'that %s ends is recorded, partial and %i, not the 4 that its verdict is',
    async (signal, expected) => {
      const results = createResultsFolder();
      const args = [
        'run',
        'smoke',
        '-d',
        '1s',
        '--repeat',
        '8',
        '--strategy',
        'block',
        '--strategy',
        'drop-oldest',
      ];
      const run = startCli([...args, '--json', '--results', results]);
      const playing = new Promise<void>((resolve) => {
        run.child.stderr?.on('data', () => {
          if (/block 1 of 8 · run 2 of 2.*playing/.test(run.stderr())) resolve();
        });
      });
      await Promise.race([playing, run.done]);
      run.child.kill(signal);
      const { code, stdout } = await run.done;
      const record = JSON.parse(stdout) as ComparisonRecord;
      expect(code).toBe(expected);
      expect(record).toMatchObject({
        ...{ kind: 'comparison', partial: true, interruptedBy: signal, exitCode: expected },
        verdict: { status: 'invalid' },
        design: { blocksPlanned: 8 },
      });
      expect(record.runs).toHaveLength(2);
      const folder = readdirSync(results).find((name) => name.includes('-smoke-compare-')) as string;
      expect(JSON.parse(readFileSync(join(results, folder, 'record.json'), 'utf8'))).toEqual(record);
    },
  );

  it('ends with 5 where nobody answers, and nothing was sent', async () => {
    const results = createResultsFolder();
    const target = [
      '--target',
      'http://127.0.0.1:9/',
      '--baseline-target',
      'http://127.0.0.1:9/',
      '--repeat',
      '8',
    ];
    const { code, stderr } = await runCli(['run', 'smoke', ...target, '--results', results]);
    expect(stderr).toMatch(/nobody answers at http:\/\/127\.0\.0\.1:9\//);
    expect({ code, sent: readdirSync(results) }).toEqual({ code: 5, sent: [] });
  });
});

it('every pair of codes is decided by the one order', () => {
  for (const [rank, code] of EXIT_PRECEDENCE.entries()) {
    for (const lower of EXIT_PRECEDENCE.slice(rank)) {
      expect(mergeExitCodes([lower, code])).toBe(code);
      expect(mergeExitCodes([code, lower])).toBe(code);
    }
  }
  expect(EXIT_PRECEDENCE).toEqual([2, 5, 1, 130, 143, 4, 6, 99, 3, 0]);
});

/** A file system of 16 KiB, or `null` where this user may not mount one. */
function mountTiny(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return null;
  }
}

const disk = process.platform === 'linux' && process.getuid?.() === 0 ? mountTiny() : null;
afterAll(() => {
  if (disk !== null && existsSync(disk)) execFileSync('umount', [disk]);
});

describe.skipIf(disk === null)(
  '1 (skipped where no small file system can be mounted: needs root on Linux)',
  () => {
    it.each<[Wrong[] | 'invalid']>([[[]], [['worse']], [['failed']], [['stalled']], ['invalid']])(
      'before the verdict where a report cannot be written: %j',
      async (wrong) => {
        const base = createResultsFolder();
        const now =
          wrong === 'invalid'
            ? [writeRun(base, editRecord(real, { seed: 1, gitCommit: NEW, status: 'invalid' }))]
            : writeVersion(NEW, wrong);
        const runs = [...writeVersion(OLD, []), ...now];
        const { code, stdout, stderr } = await runCli([
          ...['compare', ...runs, '--json', '-o', join(disk as string, 'again.json')],
        ]);
        expect(stderr).toMatch(/ENOSPC/);
        expect({ code, kind: JSON.parse(stdout).kind }).toEqual({ code: 1, kind: 'comparison' });
      },
    );
  },
);
