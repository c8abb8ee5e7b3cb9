/** One child process as the conductor sees it: typed messages, its death, and a way to end it for certain. */

import type { ChildProcess } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { execaNode } from 'execa';
import type { ChildReport } from '../core/child.ts';
import { monotonicMs } from '../core/clock.ts';
import { BenchError, type ErrorCode } from '../core/errors.ts';

/** How long a child may take to obey `stop` before it gets SIGTERM, and then SIGKILL. */
const OBEY_MS = 1500;
const TERM_MS = 1000;

const STDERR_KEPT_CHARS = 4000;

export interface Death {
  readonly name: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What the child reported of itself, or the end of its stderr. */
  readonly message: string;
  /** Of the error that the child reported, where that was one for users. */
  readonly code: ErrorCode | null;
}

type MessageOf<Out, Type> = Extract<Out, { type: Type }>;

export class ChildHandle<In extends { type: string }, Out extends { type: string }> {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process is gone, for whatever reason; never rejects. */
  readonly died: Promise<Death>;
  readonly #child: ChildProcess;
  readonly #kill: (signal?: 'SIGTERM' | 'SIGKILL') => void;
  readonly #listeners = new Map<string, ((message: never) => void)[]>();
  #stderr = '';
  #report: Extract<ChildReport, { type: 'failed' }> | undefined;
  #death: Death | undefined;
  #stopping = false;
  #lastHeardMs = monotonicMs();

  /** `env`: variables that the child has beside those of this process. */
  constructor(name: string, entry: URL, env: Readonly<Record<string, string>> = {}) {
    this.name = name;
    const subprocess = execaNode(entry, [], {
      ipc: true,
      env: { ...shareCompileCache(), ...env },
      buffer: false,
      reject: false,
      nodeOptions: [],
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      cleanup: true,
      forceKillAfterDelay: TERM_MS,
    });
    this.#child = subprocess.nodeChildProcess;
    this.#kill = (signal) => subprocess.kill(signal);
    this.pid = subprocess.pid ?? 0;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT_CHARS);
    });
    this.#child.on('message', (message: unknown) => this.#receive(message as Out | ChildReport));
    this.died = subprocess.then((result) => {
      const message =
        this.#report?.message ?? (this.#stderr.trim() || (result.failed ? (result.shortMessage ?? '') : ''));
      this.#death = {
        name,
        exitCode: result.exitCode ?? null,
        signal: result.signal ?? null,
        message,
        code: this.#report?.code ?? null,
      };
      return this.#death;
    });
  }

  get isAlive(): boolean {
    return this.#death === undefined;
  }

  /** True once {@link stop} was called: its end is then no accident. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  /** Milliseconds since its last message; beats come every 250 ms while its event loop turns. */
  get silentMs(): number {
    return monotonicMs() - this.#lastHeardMs;
  }

  /** Sends and forgets: a child that is gone shows through {@link died}. */
  send(message: In): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  on<Type extends Out['type']>(type: Type, listener: (message: MessageOf<Out, Type>) => void): void {
    const listeners = this.#listeners.get(type) ?? [];
    listeners.push(listener as (message: never) => void);
    this.#listeners.set(type, listeners);
  }

  /**
   * The next message of `type`. Errors: those of {@link describeDeath} when the child ends first,
   * BPB_ERR_START_FAILED when nothing comes within `timeoutMs`.
   */
  waitFor<Type extends Out['type']>(type: Type, timeoutMs: number): Promise<MessageOf<Out, Type>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const silence = `its last sign of life was ${Math.round(this.silentMs)} ms ago`;
        const message = `the ${this.name} process did not answer '${type}' within ${timeoutMs} ms; ${silence}`;
        reject(new BenchError('BPB_ERR_START_FAILED', message));
      }, timeoutMs);
      this.on(type, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      void this.died.then((death) => {
        clearTimeout(timer);
        reject(describeDeath(death));
      });
    });
  }

  /** Asks it to stop, then insists; resolves when the process is gone. */
  async stop(): Promise<void> {
    if (this.#stopping || !this.isAlive) {
      await this.died;
      return;
    }
    this.#stopping = true;
    this.send({ type: 'stop' } as In);
    const insist = setTimeout(() => this.#kill('SIGTERM'), OBEY_MS);
    await this.died;
    clearTimeout(insist);
  }

  #receive(message: Out | ChildReport): void {
    this.#lastHeardMs = monotonicMs();
    if (message.type === 'failed') this.#report = message as Extract<ChildReport, { type: 'failed' }>;
    for (const listener of this.#listeners.get(message.type) ?? []) listener(message as never);
  }
}

/** BPB_ERR_START_FAILED with the child's own words when it said that it cannot start, else BPB_ERR_PROCESS_DIED. */
export function describeDeath(death: Death): BenchError {
  if (death.code === 'BPB_ERR_START_FAILED') return new BenchError(death.code, death.message);
  const how = death.signal !== null ? `by ${death.signal}` : `with exit code ${death.exitCode}`;
  const why = death.message === '' ? '' : `: ${death.message}`;
  return new BenchError('BPB_ERR_PROCESS_DIED', `the ${death.name} process ended ${how}${why}`);
}

/** What this process has compiled before, its children need not compile again: they start in half the time. */
function shareCompileCache(): Record<string, string> {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
