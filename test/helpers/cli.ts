/** The real command in a process of its own, with a mark by which every process of it is found again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { RunRecord } from '../../src/core/record.ts';
import { isHostTooBusy } from './validity.ts';

/** That of the sources, unless the package's test names the installed one. */
export const BIN =
  process.env['BPBENCH_TEST_BIN'] ?? fileURLToPath(new URL('../../bin/bpbench.js', import.meta.url));
const MARK = 'BPBENCH_TEST_MARK';

export interface CliResult {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly mark: string;
  readonly done: Promise<CliResult>;
  stderr(): string;
}

export interface CliOptions {
  env?: Record<string, string>;
  cwd?: string;
}

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const mark = crypto.randomUUID();
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, NODE_OPTIONS: '', [MARK]: mark, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const done = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, mark, done, stderr: () => stderr };
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A fresh folder for results, outside of the checkout; gone when the tests are over. */
export function createResultsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-results-'));
  folders.push(folder);
  return folder;
}

export interface PlayedRecord {
  record: RunRecord;
  code: number | null;
  stderr: string;
}

/** Plays a scenario and answers its record and exit code. */
export async function runRecord(args: readonly string[]): Promise<PlayedRecord> {
  const result = await runCli([
    'run',
    ...args,
    '--json',
    '--no-progress',
    '--results',
    createResultsFolder(),
  ]);
  return { record: JSON.parse(result.stdout) as RunRecord, code: result.code, stderr: result.stderr };
}

/**
 * As `runRecord`, for whoever reads the numbers: a run that the host spoiled says nothing and is played again, as an
 * experiment does with its blocks, twice at most and not in silence.
 */
export async function runValidRecord(args: readonly string[]): Promise<PlayedRecord> {
  for (let attempt = 1; ; attempt++) {
    const played = await runRecord(args);
    if (!isHostTooBusy(played.record) || attempt === 3) return played;
    const reasons = played.record.verdict.reasons.map(({ message }) => message);
    process.stderr.write(`played again, ${args.join(' ')}: ${reasons.join('; ')}\n`);
  }
}

export interface MarkedProcess {
  pid: number;
  /** `conductor`, or the folder of the child's entry: `system`, `load`, `origin`. */
  role: string;
}

/** Every live process that carries the mark (Linux only). */
export function findMarked(mark: string): MarkedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${MARK}=${mark}`)) return [];
        if (/^State:\s+Z/m.test(readFileSync(`/proc/${name}/status`, 'latin1'))) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1');
        const role = /\/(system|load|origin)\/main\.(ts|js)/.exec(command)?.[1] ?? 'conductor';
        return [{ pid: Number(name), role }];
      } catch {
        return []; // gone meanwhile
      }
    });
}
