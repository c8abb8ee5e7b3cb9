/**
 * What every child process of a run does alike: speaks typed messages with the conductor over IPC,
 * beats, leaves signals to the whole group to the conductor, and dies with it however it ends.
 */
import { Worker } from 'node:worker_threads';
import { BenchError, type ErrorCode, messageOf } from './errors.ts';

/** Messages that every child sends beside its own. */
export type ChildReport =
  | { type: 'beat' }
  /** `code` is that of a `BenchError`, whose message is for users; `null` for anything else. */
  | { type: 'failed'; message: string; stack: string | null; code: ErrorCode | null };

/** How often a child says that its event loop turns. */
export const BEAT_INTERVAL_MS = 250;

const PARENT_CHECK_INTERVAL_MS = 200;

export interface ChildLink<In, Out> {
  /** Sends to the conductor; resolves when the message is handed to the kernel. */
  send(message: Out | ChildReport): Promise<void>;
  /** Hands every message of the conductor to `handle`; an error of it ends the process as `failed`. */
  onMessage(handle: (message: In) => void | Promise<void>): void;
  /** Runs once when the conductor is gone or asked to stop; then the process exits. */
  onStop(clean: () => void | Promise<void>): void;
  /** Cleans up and exits with 0. */
  stop(): Promise<void>;
}

/** Joins this process to its conductor. Exits with 2 when it was started by hand, without IPC. */
export function joinConductor<In, Out>(): ChildLink<In, Out> {
  if (process.send === undefined) {
    process.stderr.write('this is a process that bpbench starts by itself; run bpbench instead\n');
    process.exit(2);
  }
  let clean: () => void | Promise<void> = () => {};
  let stopping: Promise<void> | undefined;

  const send = (message: Out | ChildReport): Promise<void> =>
    new Promise((resolve) => {
      if (!process.connected) return resolve();
      process.send?.(message as object, undefined, {}, () => resolve());
    });

  const stop = (exitCode = 0): Promise<void> => {
    stopping ??= (async () => {
      const deadline = setTimeout(() => process.exit(exitCode), 1000);
      deadline.unref();
      await clean();
      process.exit(exitCode);
    })();
    return stopping;
  };

  const fail = async (thrown: unknown): Promise<void> => {
    const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
    const code = thrown instanceof BenchError ? thrown.code : null;
    await send({ type: 'failed', message: messageOf(thrown), stack, code });
    await stop(1);
  };

  process.on('disconnect', () => void stop());
  // Terminals, `timeout` and service managers signal the whole group: the conductor decides what becomes of it.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  process.on('SIGTERM', () => {
    if (stopping !== undefined) process.exit(0); // asked already: now it insists
  });
  process.on('uncaughtException', (error) => void fail(error));
  process.on('unhandledRejection', (reason) => void fail(reason));
  watchParentFromThread();
  setInterval(() => void send({ type: 'beat' }), BEAT_INTERVAL_MS).unref();

  return {
    send,
    stop,
    onMessage(handle) {
      process.on('message', (message) => {
        Promise.resolve()
          .then(() => handle(message as In))
          .catch(fail);
      });
    },
    onStop(cleanUp) {
      clean = cleanUp;
    },
  };
}

/**
 * A blocked event loop never hears that its parent died, so a small thread looks for it and ends the
 * process from outside the loop.
 */
function watchParentFromThread(): void {
  const source = `
    const parent = ${process.ppid};
    setInterval(() => {
      if (process.ppid === parent) return;
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1500);
    }, ${PARENT_CHECK_INTERVAL_MS});`;
  new Worker(source, {
    eval: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
  }).unref();
}
