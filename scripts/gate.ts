/**
 * Holds this version of bpbench against an earlier one, with bpbench: both play the same short scenario in turn on this
 * machine, and `bpbench compare` says whether anything became worse.
 *
 *   node scripts/gate.ts [ref]      an earlier commit (default: the one before)
 *
 * Ends with 3 when something is proved worse that `gate-accepted.txt` does not name, and with 0 otherwise; says loudly when
 * nothing could be told, or when there is no earlier version.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/core/exit-codes.ts';
import { createRandom, drawSeed } from '../src/core/random.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The least with which five metrics can be gated. */
const BLOCKS = 8;
/** The same file for both versions, also where the earlier one has another or none. */
const PLAYED = [join(ROOT, 'scenarios', 'self-test.yaml'), '--strategy', 'drop-oldest', '--no-checks'];
const METRICS = ['deadlineMiss', 'all.p99', 'goodput', 'rss', 'queueMax'];
/** Lines of a metric and the reason why it may be worse than before; empty once the version is out. */
const ACCEPTED = join(ROOT, 'scripts', 'gate-accepted.txt');

const ref = process.argv[2] ?? 'HEAD~1';
const seed = drawSeed();
const random = createRandom(seed, 'order of the gate');
const folder = mkdtempSync(join(tmpdir(), 'bpbench-gate-'));
const arms = { before: join(folder, 'checkout'), now: ROOT };

function git(...args: string[]): string {
  return execFileSync('git', ['-C', ROOT, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

function findCommit(): string | undefined {
  try {
    return git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  } catch {
    return undefined; // no such commit here, or no repository
  }
}

function play(arm: keyof typeof arms, blockSeed: number): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...[join(arms[arm], 'bin', 'bpbench.js'), 'run', ...PLAYED, '--seed', String(blockSeed)],
      ...['--results', join(folder, arm), '--no-progress', '--quiet', '--exit-zero'],
    ],
    { cwd: arms[arm], encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (status !== 0) throw new Error(`the version ${arm} could not be played (${status}): ${stderr}`);
}

function resultsOf(arm: keyof typeof arms): string[] {
  const base = join(folder, arm);
  return readdirSync(base)
    .filter((name) => existsSync(join(base, name, 'record.json')) && name !== 'latest')
    .map((name) => `${arm}=${join(base, name)}`);
}

function readAccepted(): string[] {
  const lines = readFileSync(ACCEPTED, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines) process.stdout.write(`gate: accepted as it is: ${line}\n`);
  return lines.map((line) => line.trim().split(/\s+/)[0] as string);
}

function gate(): number {
  const commit = findCommit();
  if (commit === undefined) {
    process.stdout.write(`gate: there is no ${ref} here, so NOTHING was compared: fetch the history\n`);
    return 0;
  }
  git('worktree', 'add', '--detach', arms.before, commit);
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(arms.before, 'node_modules'), 'dir');
    process.stdout.write(
      `gate: ${commit.slice(0, 9)} against what is here, ${BLOCKS} blocks, seed ${seed}\n`,
    );
    for (let block = 0; block < BLOCKS; block++) {
      for (const arm of random.shuffle(['before', 'now'] as const)) play(arm, (seed + block) % 2 ** 32);
    }
    const accepted = readAccepted();
    const gated = METRICS.filter((metric) => !accepted.includes(metric));
    const { status } = spawnSync(
      process.execPath,
      [
        ...[join(ROOT, 'bin', 'bpbench.js'), 'compare', ...resultsOf('before'), ...resultsOf('now')],
        ...['--reference', 'before', '--results', folder, ...gated.flatMap((metric) => ['--gate', metric])],
        ...process.argv.slice(3),
      ],
      { stdio: 'inherit' },
    );
    if (status !== EXIT.invalid) return status ?? EXIT.internal;
    process.stdout.write('gate: this machine was too busy, so NOTHING was proved, neither way\n');
    return EXIT.ok;
  } finally {
    git('worktree', 'remove', '--force', arms.before);
  }
}

try {
  process.exitCode = gate();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
