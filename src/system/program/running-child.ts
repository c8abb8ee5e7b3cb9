/** One run of the child program, from its start to the last of its output. It dies with this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { ProgramSettings } from '../../core/plan.ts';
import type { SystemEventType } from '../proxy/lifecycle-event.ts';
import { OutputReader } from './output-reader.ts';

/** Tells a line; a promise when it has to wait. */
export type TellLine = (
  type: Extract<SystemEventType, 'process-stdout' | 'process-stderr'>,
  line: string,
  pid: number,
) => undefined | Promise<void>;

/** How a process ended: its code, or -1 and the signal that ended it. */
export interface Exit {
  readonly code: number;
  readonly status: string;
}

export class RunningChild {
  /** Why it could not be started; `undefined` once it runs. */
  readonly spawned: Promise<string | undefined>;
  /** The process is gone. */
  readonly exited: Promise<Exit>;
  /** Both of its outputs have ended. */
  readonly drained: Promise<void>;
  readonly stdout: OutputReader;
  readonly stderr: OutputReader;
  isDead = false;
  /** Its end is wanted. */
  isStopping = false;
  readonly #process: ChildProcess;
  #killTimer: Timer | undefined;

  constructor({ command, args }: ProgramSettings, tell: TellLine, clock: Clock) {
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const dieTogether = (): void => void child.kill('SIGKILL');
    process.once('exit', dieTogether);
    this.spawned = new Promise((resolve) => {
      child.once('spawn', () => resolve(undefined));
      child.once('error', (error) => resolve(`could not start ${command}: ${messageOf(error)}`));
    });
    child.on('error', () => {
      if (child.pid === undefined) process.off('exit', dieTogether);
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.isDead = true;
        this.#killTimer?.cancel();
        process.off('exit', dieTogether);
        resolve({ code: code ?? -1, status: signal === null ? `exit status ${code}` : `signal: ${signal}` });
      });
    });
    const pid = child.pid ?? 0;
    const { stdout, stderr } = child;
    let open = 2;
    let resolveDrained: () => void = () => {};
    this.drained = new Promise((resolve) => {
      resolveDrained = resolve;
    });
    const onEnd = (): void => {
      open--;
      if (open === 0) resolveDrained();
    };
    this.stdout = new OutputReader(stdout, (line) => tell('process-stdout', line, pid), onEnd, clock);
    this.stderr = new OutputReader(stderr, (line) => tell('process-stderr', line, pid), onEnd, clock);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get lines(): { stdout: number; stderr: number } {
    return { stdout: this.stdout.lines, stderr: this.stderr.lines };
  }

  /** Time that its outputs were not read, both added up. */
  get pausedMs(): number {
    return this.stdout.pausedMs + this.stderr.pausedMs;
  }

  /** Outputs that are not read now. */
  get paused(): number {
    return Number(this.stdout.isPaused) + Number(this.stderr.isPaused);
  }

  /** SIGTERM, and SIGKILL to a process that is still there after `killAfterMs`. */
  terminate(clock: Clock, killAfterMs: number): void {
    if (this.isDead || this.#killTimer !== undefined) return;
    this.#process.kill('SIGTERM');
    this.#killTimer = clock.setTimer(clock.nowNs() + killAfterMs * NS_PER_MS, () => this.kill());
  }

  kill(): void {
    if (!this.isDead) this.#process.kill('SIGKILL');
  }

  /** What it has printed and nobody has read is lost. */
  stopReading(): void {
    this.stdout.destroy();
    this.stderr.destroy();
  }
}
