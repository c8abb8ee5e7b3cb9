/** Histories at random, in which everything that is wanted goes on in time: whatever else they hold, none is a stall. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../../../src/core/boundary.ts';
import { History, type QueueState, type Scene, STEP_MS } from './history.ts';

const STALL_AFTER_MS = 5000;
/** Every path moves at least once in this time. */
const MOVES_EVERY_MS = STALL_AFTER_MS / 2;

/** What one moment of a run may look like. */
const queue = fc.record<QueueState>({
  queued: fc.integer({ min: 0, max: 256 }),
  inFlight: fc.integer({ min: 0, max: 64 }),
  waiters: fc.integer({ min: 0, max: 64 }),
  delivered: fc.constant(0),
  dropped: fc.constant(0),
});
const NAMES = ['publisher', 'ws 1 loop', 'ws 1 writer', 'ws 2 actor', 'sse 1 forwarder', 'sse 1 writer'];
const ENDS = ['peer of sse 1', 'peer of ws 1', 'event store', 'consumer of proxy.events'];
/** Waits that lead onward only, so that somebody outside of them can always help. */
const waits = fc.array(
  fc.integer({ min: 0, max: NAMES.length - 1 }).chain((at) =>
    fc.record({
      who: fc.constant(NAMES[at] as string),
      freedBy: fc.array(fc.constantFrom(...NAMES.slice(at + 1), ...ENDS), { maxLength: 3 }),
      boundary: fc.option(fc.constantFrom(...BOUNDARY_NAMES), { nil: null }),
      sinceMs: fc.integer({ min: -60_000, max: 0 }),
    }),
  ),
  { maxLength: 8 },
);
const moment = fc.record({
  queues: fc.dictionary(fc.constantFrom(...BOUNDARY_NAMES), queue),
  waits,
  phase: fc.constantFrom('steady', null),
  pending: fc.integer({ min: 0, max: 100 }),
  isSilent: fc.boolean(),
  forSteps: fc.integer({ min: 1, max: 60 }),
});
const anyHistory = fc.record({
  moments: fc.array(moment, { minLength: 1, maxLength: 8 }),
  /** When within its time each boundary moves. */
  offsets: fc.array(fc.integer({ min: 0, max: MOVES_EVERY_MS / STEP_MS - 1 }), {
    minLength: BOUNDARY_NAMES.length,
    maxLength: BOUNDARY_NAMES.length,
  }),
});

interface AnyHistory {
  readonly moments: readonly {
    readonly queues: Partial<Record<BoundaryName, QueueState>>;
    readonly waits: Scene['waits'];
    readonly phase: string | null;
    readonly pending: number;
    readonly isSilent: boolean;
    readonly forSteps: number;
  }[];
  readonly offsets: readonly number[];
}

function play({ moments, offsets }: AnyHistory, isMoving: (name: BoundaryName, tMs: number) => boolean) {
  const history = new History({ fast: 'sse', ws: 'ws', proxy: 'proxy' });
  const ended = new Map<BoundaryName, number>();
  for (const { queues, waits: told, phase, pending, isSilent, forSteps } of moments) {
    Object.assign(history.scene, { phase, waits: told });
    history.scene.publish.pending = pending;
    for (const group of Object.values(history.scene.groups)) group.pending = pending;
    history.scene.queues = structuredClone(queues);
    history.play(forSteps * STEP_MS, (scene) => {
      scene.isSilent = isSilent && scene.tMs % MOVES_EVERY_MS !== 0;
      BOUNDARY_NAMES.forEach((name, at) => {
        const isDue = (scene.tMs / STEP_MS) % (MOVES_EVERY_MS / STEP_MS) === offsets[at];
        if (isDue && isMoving(name, scene.tMs)) {
          ended.set(name, (ended.get(name) ?? 0) + 1);
          for (const group of Object.values(scene.groups))
            if (group.path === BOUNDARIES[name].path) group.received++;
        }
        const state = scene.queues[name];
        if (state !== undefined) state.delivered = ended.get(name) ?? 0;
      });
    });
  }
  return history.finish();
}

describe('any history', () => {
  it('is free of stalls where all that is wanted goes on twice in the time that makes a stall', () => {
    fc.assert(
      fc.property(anyHistory, (any) => {
        expect(play(any, () => true).stalls).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('has a stall where a queue with waiting producers stops for good, and nowhere but there', () => {
    const name = fc.constantFrom<BoundaryName>('sse.client', 'ws.outbound', 'proxy.events');
    const state = fc
      .tuple(queue, name)
      .map(([any, at]) => ({ at, state: { ...any, waiters: any.waiters + 1 } }));
    fc.assert(
      fc.property(anyHistory, state, ({ offsets }, { at, state: stuck }) => {
        const moments = [
          { queues: { [at]: stuck }, waits: [], phase: 'steady', pending: 3, isSilent: false, forSteps: 60 },
        ];
        const { stalls } = play({ moments, offsets }, (_, tMs) => tMs < 4000);
        expect(stalls).toMatchObject([
          {
            boundary: at,
            path: BOUNDARIES[at].path,
            class: stuck.inFlight > 0 ? 'zero-window' : 'lost-wake-up',
          },
        ]);
      }),
    );
  });
});
