/** The entry of both threads: opens what its role needs, and answers each request in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../core/errors.ts';
import type { CloseRequest, ThreadAnswer, ThreadConfig, ThreadRequest } from './messages.ts';
import { StoreError } from './store.ts';

type Handle = (request: Exclude<ThreadRequest, CloseRequest>) => unknown;

interface Role {
  readonly ready: unknown;
  readonly handle: Handle;
  close(): void;
}

/** Older versions of Node call their SQLite an experiment, on stderr. Every other warning stays. */
function leaveOutSqliteWarning(): void {
  const emitWarning = process.emitWarning.bind(process) as (...rest: unknown[]) => void;
  process.emitWarning = (...rest: unknown[]): void => {
    const isOfSqlite = String(rest[0]).startsWith('SQLite is an experimental feature');
    if (!isOfSqlite || rest[1] !== 'ExperimentalWarning') emitWarning(...rest);
  };
}

async function takeRole(config: ThreadConfig): Promise<Role> {
  // Imported late: the warning comes with the import.
  if (config.role === 'writer') {
    const { EventWriter } = await import('./event-writer.ts');
    const writer = new EventWriter(config);
    const handle: Handle = (request) =>
      request.do === 'commit' ? writer.commit(request.events, request.patienceMs) : unknown(request.do);
    return { ready: writer.range, handle, close: () => writer.close() };
  }
  const { EventReader } = await import('./event-reader.ts');
  const reader = new EventReader(config.path, config.busyTimeoutMs);
  const handle: Handle = (request) => {
    if (request.do === 'read') return reader.read(request);
    if (request.do === 'latest') return reader.latest(request);
    return request.do === 'pick' ? reader.pick(request) : unknown(request.do);
  };
  return { ready: null, handle, close: () => reader.close() };
}

function unknown(request: string): never {
  throw new Error(`a store thread of this role does not know '${request}'`);
}

function answer(run: () => unknown): ThreadAnswer {
  try {
    return { ok: true, value: run() };
  } catch (thrown) {
    return failureOf(thrown);
  }
}

function failureOf(thrown: unknown): ThreadAnswer {
  const problem = thrown instanceof StoreError ? thrown.problem : 'io';
  return { ok: false, problem, message: messageOf(thrown) };
}

async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('this is a thread that the event store starts by itself');
  leaveOutSqliteWarning();
  let role: Role;
  try {
    role = await takeRole(workerData as ThreadConfig);
  } catch (thrown) {
    port.postMessage(failureOf(thrown));
    return;
  }
  port.on('message', (request: ThreadRequest) => {
    if (request.do !== 'close') return port.postMessage(answer(() => role.handle(request)));
    port.postMessage(answer(() => role.close()));
    port.close();
  });
  port.postMessage({ ok: true, value: role.ready } satisfies ThreadAnswer);
}

await main();
