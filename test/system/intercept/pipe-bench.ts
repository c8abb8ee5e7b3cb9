/** A pipe between an upstream and a client that a test plays, in virtual time. */
import { createVirtualClock, NS_PER_MS } from '../../../src/core/clock.ts';
import { closeLedger, type LedgerSnapshot } from '../../../src/core/ledger.ts';
import { DEFAULT_SYSTEM_SETTINGS, type InterceptSettings } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import type { EventPipe } from '../../../src/system/intercept/event-pipe.ts';
import { createEventPipes } from '../../../src/system/intercept/event-pipes.ts';
import type { InterceptedEvent } from '../../../src/system/intercept/intercepted-event.ts';
import { Interceptors } from '../../../src/system/intercept/interceptors.ts';
import { MemoryBudget } from '../../../src/system/resources/memory-budget.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';

export interface BenchOptions {
  readonly strategy?: string;
  readonly settings?: Partial<InterceptSettings>;
  readonly isServerInitiated?: boolean;
  readonly lastEventId?: string;
  readonly path?: string;
  /** Bytes that the client's buffer takes before `write` answers false; Infinity is the default. */
  readonly clientRoomBytes?: number;
  /** Of the memory budget; no limit by default. */
  readonly memoryBytes?: number;
  readonly seed?: number;
}

export function createBench(options: BenchOptions = {}) {
  const clock = createVirtualClock();
  const tasks = new TaskRegistry();
  const settings = { ...DEFAULT_SYSTEM_SETTINGS.intercept, ...options.settings };
  const budget = new MemoryBudget(options.memoryBytes ?? null);
  const boundary = new Boundary<InterceptedEvent>({
    name: 'intercept.pending',
    budget,
    strategy: parseStrategy(options.strategy ?? 'unbounded', 'intercept.pending'),
    clock,
    random: createRandom(1, 'strategy'),
  });
  const interceptors = new Interceptors(settings, clock, tasks);
  const open = createEventPipes({
    settings,
    boundary,
    budget,
    interceptors,
    clock,
    tasks,
    random: createRandom(options.seed ?? 1, 'intercept.reconnect'),
  });
  const roomBytes = options.clientRoomBytes ?? Number.POSITIVE_INFINITY;
  const written: Buffer[] = [];
  let unreadBytes = 0;
  const told = {
    reading: [] as boolean[],
    reconnects: [] as { atMs: number; lastEventId: string }[],
    ends: [] as string[],
    /** Hooks called after the pipe was stopped. */
    late: 0,
  };
  let isStopped = false;
  const note = (): void => {
    if (isStopped) told.late++;
  };
  const pipe: EventPipe = open(
    {
      path: options.path ?? '/events',
      isServerInitiated: options.isServerInitiated ?? false,
      lastEventId: options.lastEventId ?? '',
    },
    {
      write(bytes) {
        note();
        written.push(bytes);
        unreadBytes += bytes.length;
        return unreadBytes < roomBytes;
      },
      setReading(isReading) {
        note();
        told.reading.push(isReading);
      },
      reconnect(lastEventId) {
        note();
        told.reconnects.push({ atMs: clock.nowNs() / NS_PER_MS, lastEventId });
      },
      onEnd() {
        note();
        told.ends.push('end');
      },
      onFail(_, reason) {
        note();
        told.ends.push(`fail: ${reason}`);
      },
    },
  );
  return {
    clock,
    tasks,
    boundary,
    budget,
    interceptors,
    pipe,
    told,
    get isReading(): boolean {
      return told.reading.at(-1) ?? true;
    },
    get output(): Buffer {
      return Buffer.concat(written);
    },
    get ledger(): LedgerSnapshot {
      return closeLedger(boundary.sample().ledger);
    },
    send: (text: string | Uint8Array) => pipe.chunk(typeof text === 'string' ? Buffer.from(text) : text),
    /** The client reads everything. */
    read(): void {
      unreadBytes = 0;
      pipe.clientDrained();
    },
    stop(reason = 'disconnect.peer'): void {
      isStopped = true;
      pipe.stop(reason);
    },
    /** Timers, one after the other, with the promises that each one settles. */
    async advanceMs(ms: number): Promise<void> {
      await settle();
      const untilNs = clock.nowNs() + ms * NS_PER_MS;
      while (clock.nextTimerNs <= untilNs) {
        clock.advanceTo(clock.nextTimerNs);
        await settle();
      }
      clock.advanceTo(untilNs);
    },
  };
}

export type Bench = ReturnType<typeof createBench>;

/** All promises that are settled have been told. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `count` small events, ids and numbers from `first`. */
export function eventsText(count: number, first = 1): string {
  let text = '';
  for (let n = first; n < first + count; n++) text += `id: ${n}\ndata: event ${n}\n\n`;
  return text;
}
