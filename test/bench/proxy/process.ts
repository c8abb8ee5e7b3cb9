/** Processes of the benchmark: each on a core of its own choice, watched through /proc, ended with the benchmark. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Client and origin share one core, what is measured has the other for itself. */
export const LOAD_CORE = 0;
export const PROXY_CORE = 1;

const TICKS_PER_SEC = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const PAGE_BYTES = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));
const START_TIMEOUT_MS = 20_000;

export interface Listening extends AsyncDisposable {
  readonly pid: number;
  /** The line it printed when it was ready. */
  readonly line: Record<string, unknown> & { port: number };
}

/** Starts `file` with this Node and waits for the JSON line that says where it listens. */
export async function startListening(
  core: number,
  file: string,
  args: readonly string[],
): Promise<Listening> {
  const child = spawn('taskset', ['-c', String(core), process.execPath, file, ...args], {
    // It ends when its standard input does, so even a killed benchmark leaves nothing behind.
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const line = await readLine(child, `${file} ${args.join(' ')}`);
  return {
    pid: child.pid ?? 0,
    line: JSON.parse(line) as Listening['line'],
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

async function readLine(child: ChildProcess, what: string): Promise<string> {
  let text = '';
  const abort = new AbortController();
  // The line is awaited; the time is for a program that says nothing.
  const timer = setTimeout(() => abort.abort(new Error(`${what} did not start`)), START_TIMEOUT_MS);
  const ended = once(child, 'exit', { signal: abort.signal }).then(() => {
    throw new Error(`${what} ended at its start`);
  });
  try {
    while (!text.includes('\n')) {
      const data = once(child.stdout as NodeJS.ReadableStream, 'data', { signal: abort.signal });
      const [bytes] = (await Promise.race([data, ended])) as [Buffer];
      text += String(bytes);
    }
    return text.slice(0, text.indexOf('\n'));
  } finally {
    clearTimeout(timer);
    ended.catch(() => {});
    abort.abort();
  }
}

/** Runs a program on the load's core to its end and answers what it printed. */
export async function runOnLoadCore(program: string, args: readonly string[]): Promise<string> {
  const child = spawn('taskset', ['-c', String(LOAD_CORE), program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
  return text;
}

/** Moves a running process, all its threads, to a core. */
export function pin(pid: number, core: number): void {
  execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' });
}

/** CPU time of all threads so far, user and system, in microseconds; one tick is the resolution. */
export function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC) * 1e6;
}

export function rssMb(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES) / 1e6;
}
