/**
 * Holds this version of bpbench against an earlier one, with bpbench: both play the same short scenario in turn on this
 * machine, and `bpbench compare` says whether anything became worse.
 *
 *   node scripts/gate.ts [ref]      an earlier commit (default: the one before)
 *
 * Ends with 3 when something is proved worse that `gate-accepted.txt` does not name, and with 0 otherwise; says loudly when
 * nothing could be told, or when there is no earlier version. Ctrl-C leaves neither a folder nor a worktree behind.
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/core/exit-codes.ts';
import { createRandom, drawSeed } from '../src/core/random.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The least with which five metrics can be gated. */
const BLOCKS = 8;
/** Blocks that may be played besides, where a run was invalid. */
const EXTRA_BLOCKS = 3;
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
let child: ChildProcess | undefined;
let interruptedWith: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruptedWith ??= signal === 'SIGINT' ? EXIT.sigint : EXIT.sigterm;
    // Ctrl-C has reached the child too, which takes both for one.
    child?.kill('SIGTERM');
  });
}

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

async function bpbench(at: string, words: readonly string[], options: SpawnOptions) {
  const started = spawn(process.execPath, [join(at, 'bin', 'bpbench.js'), ...words], options);
  child = started;
  let stderr = '';
  started.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(started, 'close');
  child = undefined;
  return { status: started.exitCode, stderr };
}

/** Whether the run counts; one that is invalid says nothing about the version. */
async function play(arm: keyof typeof arms, blockSeed: number): Promise<boolean> {
  const { status, stderr } = await bpbench(
    arms[arm],
    [
      ...['run', ...PLAYED, '--seed', String(blockSeed)],
      ...['--results', join(folder, arm), '--no-progress', '--quiet'],
    ],
    { cwd: arms[arm], stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (status === EXIT.ok || status === EXIT.stalled || status === EXIT.checkFailed) return true;
  if (status === EXIT.invalid || interruptedWith !== undefined) return false;
  const message = `the version ${arm} could not be played (${status}): ${stderr}`;
  throw arm === 'before' ? new NothingToCompare(message) : new Error(message);
}

/** An earlier version that does not run here, or whose plan was another one, says nothing about this one. */
class NothingToCompare extends Error {}

/** Until enough blocks count, or too many did not. */
async function playBlocks(): Promise<void> {
  let good = 0;
  for (let block = 0; good < BLOCKS && block < BLOCKS + EXTRA_BLOCKS; block++) {
    let isGood = true;
    for (const arm of random.shuffle(['before', 'now'] as const)) {
      if (!(await play(arm, (seed + block) % 2 ** 32))) isGood = false;
      if (interruptedWith !== undefined) return;
    }
    if (isGood) good++;
  }
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

async function gate(): Promise<number> {
  const commit = findCommit();
  if (commit === undefined) {
    process.stdout.write(`gate: there is no ${ref} here, so NOTHING was compared: fetch the history\n`);
    return EXIT.ok;
  }
  const accepted = readAccepted();
  const gated = METRICS.filter((metric) => !accepted.includes(metric));
  try {
    git('worktree', 'add', '--detach', arms.before, commit);
    symlinkSync(join(ROOT, 'node_modules'), join(arms.before, 'node_modules'), 'dir');
    process.stdout.write(
      `gate: ${commit.slice(0, 9)} against what is here, ${BLOCKS} blocks, seed ${seed}\n`,
    );
    await playBlocks();
    if (interruptedWith !== undefined) return interruptedWith;
    const { status } = await bpbench(
      ROOT,
      [
        ...['compare', ...resultsOf('before'), ...resultsOf('now')],
        ...['--reference', 'before', '--results', folder],
        // Without any --gate it would be the usual five.
        ...(gated.length === 0 ? ['--no-gate'] : gated.flatMap((metric) => ['--gate', metric])),
        ...process.argv.slice(3),
      ],
      { stdio: 'inherit' },
    );
    if (interruptedWith !== undefined) return interruptedWith;
    if (status === EXIT.usage) throw new NothingToCompare('the two versions do not play the same plan');
    if (status !== EXIT.invalid) return status ?? EXIT.internal;
    process.stdout.write('gate: this machine was too busy, so NOTHING was proved, neither way\n');
    return EXIT.ok;
  } catch (thrown) {
    if (!(thrown instanceof NothingToCompare)) throw thrown;
    process.stdout.write(`gate: NOTHING was compared: ${thrown.message}\n`);
    return EXIT.ok;
  } finally {
    // Nothing to remove where adding it failed: that is the error to tell.
    spawnSync('git', ['-C', ROOT, 'worktree', 'remove', '--force', arms.before], { stdio: 'ignore' });
  }
}

try {
  process.exitCode = await gate();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
