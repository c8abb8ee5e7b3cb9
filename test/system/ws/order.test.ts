/** Claim W-6: order per sender and no lost update, under every interleaving that a scheduler finds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS, type WsSettings } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import { WaitGraph } from '../../../src/system/resources/wait-graph.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import { createActor } from '../../../src/system/ws/architectures/actor.ts';
import type { Architecture, ArchitectureParts } from '../../../src/system/ws/architectures/architecture.ts';
import { Offload } from '../../../src/system/ws/architectures/offload.ts';
import { SingleLoop } from '../../../src/system/ws/architectures/single-loop.ts';
import { Split } from '../../../src/system/ws/architectures/split.ts';
import { SnapshotThenMutate } from '../../../src/system/ws/as-written/actor-mailbox.ts';
import { OwnState, type StateHolder } from '../../../src/system/ws/connection-state.ts';
import type { InboundFrame, InboundFrames } from '../../../src/system/ws/inbound-frames.ts';
import type { Line } from '../../../src/system/ws/line.ts';
import { Actor, type Command } from '../../../src/system/ws/mailbox.ts';
import type { Outbound } from '../../../src/system/ws/outbound.ts';
import { RelayCounters } from '../../../src/system/ws/relay-counters.ts';

const MESSAGES = 8;
const clock = createVirtualClock();

function createMailbox(strategy = 'unbounded'): Boundary<Command> {
  const spec = parseStrategy(strategy, 'ws.mailbox');
  return new Boundary({ name: 'ws.mailbox', strategy: spec, clock, random: createRandom(1, 'mailbox') });
}

/** Sends numbered messages through an architecture whose chain takes as long as the scheduler pleases. */
async function play(
  scheduler: fc.Scheduler,
  settings: Partial<WsSettings>,
  create: (parts: ArchitectureParts) => Architecture,
): Promise<{ applied: number[]; received: number }> {
  const applied: number[] = [];
  const line: Line = {
    name: 'ws 1',
    settings: { ...DEFAULT_SYSTEM_SETTINGS.ws, ...settings },
    clock,
    waits: new WaitGraph(clock),
    counters: new RelayCounters(),
    beginTask: () => () => {},
  };
  const architecture = create({
    line,
    work: {
      answer: () => {},
      runInbound: async () => {
        await scheduler.schedule(Promise.resolve(), 'chain');
        await architecture.state.mutate((state) => {
          state.received++;
        });
      },
      apply: async ({ data }) => {
        applied.push(Number(data.toString()));
        await scheduler.schedule(Promise.resolve(), 'send');
      },
      runOutbound: undefined,
    },
  });
  const frames: InboundFrame[] = [];
  const inbound = {
    take: () => frames.shift(),
    readOn: () => {},
    get length() {
      return frames.length;
    },
  } as unknown as InboundFrames;
  const outbound = { writeNext: () => false, whenIdle: async () => {} } as unknown as Outbound;
  architecture.start({ inbound, outbound });
  for (let number = 0; number < MESSAGES; number++) {
    void scheduler.schedule(Promise.resolve(), 'arrival').then(() => {
      // They arrive in order, whenever they do.
      frames.push({ kind: 'message', data: Buffer.from(String(arrived++)), isBinary: false, readNs: 0 });
      architecture.onInbound();
    });
  }
  let arrived = 0;
  await scheduler.waitFor(
    (async () => {
      while (applied.length < MESSAGES) await new Promise(setImmediate);
      await architecture.whenRead();
    })(),
  );
  const { received } = await architecture.state.snapshot();
  await architecture.stop();
  return { applied, received };
}

const IN_ORDER = Array.from({ length: MESSAGES }, (_, number) => number);

/** Threads that end their work when the scheduler says so. */
const poolOf = (scheduler: fc.Scheduler) => ({
  run: (data: Uint8Array) => scheduler.schedule(Promise.resolve(Buffer.from(data)), 'thread'),
});

describe('messages of one sender', () => {
  it.each<[string, Partial<WsSettings>, (parts: ArchitectureParts, scheduler: fc.Scheduler) => Architecture]>(
    [
      ['single-loop', {}, (parts) => new SingleLoop(parts)],
      ['split', {}, (parts) => new Split(parts)],
      ['actor, thin', { actor: 'thin' }, (parts) => createActor(parts, createMailbox())],
      ['actor, fat', { actor: 'fat' }, (parts) => createActor(parts, createMailbox('block,capacity=1'))],
      ['offload, sequenced', {}, (parts, scheduler) => new Offload(parts, poolOf(scheduler))],
    ],
  )('keep their order under %s, and no update is lost', async (name, settings, create) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { applied, received } = await play(scheduler, settings, (parts) => create(parts, scheduler));
        expect(applied).toEqual(IN_ORDER);
        // Offloaded, the chain's part of the state is the thread's.
        if (!name.startsWith('offload')) expect(received).toBe(MESSAGES);
      }),
      { numRuns: 60 },
    );
  });

  it('overtake each other where what was offloaded is not put back in order', async () => {
    const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const settings = { sequenced: false };
      const { applied } = await play(scheduler, settings, (parts) => new Offload(parts, poolOf(scheduler)));
      expect([...applied].sort((a, b) => a - b)).toEqual(IN_ORDER); // none is lost or comes twice
      expect(applied).toEqual(IN_ORDER);
    });
    const found = await fc.check(property, { numRuns: 200 });
    expect(found.failed, 'a counter-example').toBe(true);
  });
});

/** Several that change one state at a time; answers what is left of their changes. */
async function changeTogether(scheduler: fc.Scheduler, state: StateHolder, changes: number): Promise<number> {
  const done = Promise.all(
    Array.from({ length: changes }, async () => {
      await scheduler.schedule(Promise.resolve(), 'turn');
      await state.mutate((own) => {
        own.received++;
      });
    }),
  );
  await scheduler.waitFor(done);
  const { received } = await scheduler.waitFor(Promise.resolve(state.snapshot()));
  return received;
}

describe('a state that several change', () => {
  it('loses no update where one owner makes each change in one step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 6 }), async (scheduler, changes) => {
        expect(await changeTogether(scheduler, new OwnState(), changes)).toBe(changes);
        const actor = new Actor(createMailbox(), 'ws 1', new WaitGraph(clock));
        const own = { received: 0, lastSeenNs: 0, subscriptions: [] };
        const holder: StateHolder = {
          mutate: (change) => actor.tell('reader', () => change(own)),
          snapshot: async () => (await actor.ask('writer', () => structuredClone(own))) ?? own,
        };
        expect(await changeTogether(scheduler, holder, changes)).toBe(changes);
        await actor.stop();
      }),
      { numRuns: 60 },
    );
  });

  it('as-written/actor-mailbox loses updates: the scheduler finds two that start from the same copy', async () => {
    const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const state = new SnapshotThenMutate((own) => scheduler.schedule(Promise.resolve({ ...own }), 'copy'));
      expect(await changeTogether(scheduler, state, 2)).toBe(2);
    });
    const found = await fc.check(property, { numRuns: 200 });
    expect(found.failed, 'a counter-example').toBe(true);
  });
});

describe('the mailbox of a slow actor (W-9)', () => {
  const MS = 1_000_000;

  /** 10 commands per ms for 100 ms, to an actor that takes 1 ms for each. */
  async function flood(strategy: string, isAwaited: boolean): Promise<number> {
    const time = createVirtualClock();
    const boundary = new Boundary<Command>({
      name: 'ws.mailbox',
      strategy: parseStrategy(strategy, 'ws.mailbox'),
      clock: time,
      random: createRandom(1, 'mailbox'),
    });
    const actor = new Actor(boundary, 'ws 1', new WaitGraph(time));
    const work = () => new Promise<void>((resolve) => time.setTimer(time.nowNs() + MS, resolve));
    let deepest = 0;
    let free = true;
    for (let tick = 0; tick < 1000; tick++) {
      const isDue = !isAwaited || free;
      if (isDue) {
        free = false;
        const told = isAwaited ? actor.ask('reader', work) : actor.tell('reader', work);
        void Promise.resolve(told).then(() => {
          free = true;
        });
        if (told instanceof Promise && !isAwaited) isAwaited = true; // it waits for room from now on
      }
      time.advanceNs(MS / 10);
      await new Promise(setImmediate);
      deepest = Math.max(deepest, actor.depthItems);
    }
    const stopped = actor.stop();
    time.advanceNs(10 * MS);
    await stopped;
    return deepest;
  }

  it('grows as long as nobody waits, and is two deep at most where each reply is awaited', async () => {
    expect(await flood('unbounded', false)).toBeGreaterThan(850);
    expect(await flood('unbounded', true)).toBeLessThanOrEqual(2);
  });

  it('is no deeper than its bound under block: the reader waits', async () => {
    expect(await flood('block,capacity=64', false)).toBe(64);
  });
});
