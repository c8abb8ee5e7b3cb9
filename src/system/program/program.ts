/**
 * The program that runs beside the proxy, as a user starts, stops and restarts it. Each line it prints and
 * each change of its state is an event.
 *
 * `as-found` keeps the noted system's order: whoever stops a program tells so first and signals then, and the
 * end of a program counts only once it has been told. When nobody takes events, the program never gets its
 * signal, and a restart gives up waiting for a program that is dead. `bounded` waits for nobody on the way down.
 */
import type { Clock } from '../../core/clock.ts';
import type { ProgramSettings } from '../../core/plan.ts';
import type { SystemEventDetails, SystemEventType } from '../proxy/lifecycle-event.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { findCommand } from './command.ts';
import { RunningChild } from './running-child.ts';
import { settlesWithin } from './settles-within.ts';

export type StopPath = 'as-found' | 'bounded';

/** From SIGTERM to SIGKILL, and how long a restart waits for the old program: the noted system's. */
export const KILL_AFTER_MS = 1500;
export const RESTART_WAIT_MS = 3000;

/** Where a program's events go. */
export interface ProgramEvents {
  /** A promise when whoever tells has to wait. */
  tell(type: SystemEventType, details?: SystemEventDetails): undefined | Promise<void>;
  /** Never waits: the event is lost where there is no room. */
  tellNow(type: SystemEventType, details?: SystemEventDetails): boolean;
}

export interface ProgramOptions {
  readonly settings: ProgramSettings;
  readonly events: ProgramEvents;
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** Default `bounded`. */
  readonly stopPath?: StopPath;
}

export interface ProgramOutcome {
  readonly outcome: 'done' | 'failed';
  /** Why it failed, or what there is to know. */
  readonly message: string;
}

export interface ProgramSample {
  readonly isRunning: boolean;
  /** Times that it was started, and that its end was told. */
  readonly started: number;
  readonly ended: number;
  /** Lines told or waiting to be. */
  readonly lines: { readonly stdout: number; readonly stderr: number };
  /** Time that its outputs were not read since a line waited to be told, both added up; and outputs that wait now. */
  readonly pausedMs: number;
  readonly paused: number;
}

interface Run {
  readonly child: RunningChild;
  /** Its end counts: told, under `as-found`. */
  readonly ended: Promise<void>;
}

const DONE: ProgramOutcome = { outcome: 'done', message: '' };

export class Program {
  readonly #options: ProgramOptions;
  readonly #isBounded: boolean;
  #run: Run | undefined;
  /** The present one, and older ones whose output has not ended. */
  readonly #children = new Set<RunningChild>();
  #isClosing = false;
  #isBusy = false;
  #started = 0;
  #ended = 0;
  /** Of children that are gone with all their output. */
  readonly #past = { stdout: 0, stderr: 0, pausedMs: 0 };

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#isBounded = options.stopPath !== 'as-found';
  }

  /** The process that runs. */
  get pid(): number | undefined {
    return this.#run?.child.pid;
  }

  start(): Promise<ProgramOutcome> {
    return this.#alone(() => this.#start());
  }

  /** SIGTERM, and SIGKILL when that is not enough. Under `as-found` it may never end. */
  stop(): Promise<ProgramOutcome> {
    return this.#alone(() => this.#stop());
  }

  restart(): Promise<ProgramOutcome> {
    return this.#alone(() => this.#restart());
  }

  /**
   * The system ends: the program is killed, whoever waits for what. Resolves once the process is gone; commands
   * and tasks that wait for their events to be told end when the queue of events is closed.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const child of this.#children) {
      child.isStopping = true;
      child.kill();
    }
    for (const child of this.#children) {
      if ((await child.spawned) === undefined) await child.exited;
      child.stopReading();
    }
  }

  sample(): ProgramSample {
    const lines = { stdout: this.#past.stdout, stderr: this.#past.stderr };
    let { pausedMs } = this.#past;
    let paused = 0;
    for (const child of this.#children) {
      lines.stdout += child.stdout.lines;
      lines.stderr += child.stderr.lines;
      pausedMs += child.pausedMs;
      paused += child.paused;
    }
    const isRunning = this.#run !== undefined && !this.#run.child.isDead;
    return { isRunning, started: this.#started, ended: this.#ended, lines, pausedMs, paused };
  }

  /** One command at a time, as one user gives them. */
  async #alone(act: () => Promise<ProgramOutcome>): Promise<ProgramOutcome> {
    if (this.#isClosing) return fail('the system is ending');
    if (this.#isBusy) return fail('the last command has not ended yet');
    this.#isBusy = true;
    try {
      return await act();
    } finally {
      this.#isBusy = false;
    }
  }

  async #start(): Promise<ProgramOutcome> {
    if (this.#run !== undefined) return fail('the program runs already');
    const { settings, events, clock } = this.#options;
    await events.tell('process-starting', { text: [settings.command, ...settings.args].join(' ') });
    if (this.#isClosing) return fail('the system is ending');
    const child = new RunningChild(
      findCommand(settings),
      (type, text, pid) => events.tell(type, { text, pid }),
      clock,
    );
    this.#follow(child);
    const problem = await child.spawned;
    if (problem !== undefined) {
      await events.tell('fatal', { text: problem });
      return fail(problem);
    }
    this.#started++;
    const run: Run = { child, ended: this.#tellEnd(child) };
    this.#run = run;
    void run.ended.then(() => {
      this.#ended++;
      if (this.#run === run) this.#run = undefined;
    });
    await events.tell('process-started', { pid: child.pid as number });
    return DONE;
  }

  async #stop(): Promise<ProgramOutcome> {
    const run = this.#run;
    if (run === undefined) return { outcome: 'done', message: 'no program runs' };
    await this.#signal(run.child);
    await run.ended;
    return DONE;
  }

  async #restart(): Promise<ProgramOutcome> {
    const run = this.#run;
    await this.#tellOnTheWayDown('process-restarting', run?.child);
    if (run !== undefined) {
      await this.#signal(run.child);
      if (!(await settlesWithin(run.ended, RESTART_WAIT_MS, this.#options.clock))) {
        const state = run.child.isDead ? 'it is dead, and its end could not be told' : 'it has not ended';
        return fail(`waited ${RESTART_WAIT_MS} ms in vain for the old program: ${state}`);
      }
    }
    return this.#start();
  }

  async #signal(child: RunningChild): Promise<void> {
    child.isStopping = true;
    await this.#tellOnTheWayDown('process-signaled', child);
    child.terminate(this.#options.clock, KILL_AFTER_MS);
  }

  async #tellOnTheWayDown(type: SystemEventType, child: RunningChild | undefined): Promise<void> {
    const { events } = this.#options;
    const details: SystemEventDetails = child?.pid === undefined ? {} : { pid: child.pid };
    if (this.#isBounded) events.tellNow(type, details);
    else await events.tell(type, details);
  }

  /** Two events, one with the code and one for the change of state. Resolves when the end counts. */
  async #tellEnd(child: RunningChild): Promise<void> {
    const { events, tasks } = this.#options;
    const task = tasks.begin('program.exit');
    const { code, status } = await child.exited;
    const pid = child.pid as number;
    const first: SystemEventDetails = { pid, exitCode: code };
    const second: SystemEventDetails = { pid, text: status };
    const tellBoth = async (): Promise<void> => {
      await events.tell('process-exited', first);
      await events.tell('process-exited', second);
      task.end();
    };
    if (!this.#isBounded) return tellBoth();
    if (!child.isStopping) {
      void tellBoth();
      return;
    }
    events.tellNow('process-exited', first);
    events.tellNow('process-exited', second);
    task.end();
  }

  /** Counts a child among those that cost something until its last line is read. */
  #follow(child: RunningChild): void {
    const task = this.#options.tasks.begin('program');
    this.#children.add(child);
    void child.drained.then(() => {
      this.#children.delete(child);
      this.#past.stdout += child.stdout.lines;
      this.#past.stderr += child.stderr.lines;
      this.#past.pausedMs += child.pausedMs;
      task.end();
    });
  }
}

function fail(message: string): ProgramOutcome {
  return { outcome: 'failed', message };
}
