/** Whatever happens to a stream, and whenever it is stopped: everything is accounted for, and nothing stays behind. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InterceptRule, InterceptSettings } from '../../../src/core/plan.ts';
import { createBench, settle } from './pipe-bench.ts';
import { receive } from './streams.ts';

const SEED = 20_260_402;

type Step =
  | { readonly do: 'events'; readonly count: number; readonly isSplit: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'read' | 'release' | 'settle' | 'comment' | 'end' | 'break' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('events' as const),
      count: fc.integer({ min: 1, max: 30 }),
      isSplit: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 7, 50, 1100) }),
  },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'read' }, { do: 'settle' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>(
      { do: 'release' },
      { do: 'comment' },
      { do: 'end' },
      { do: 'end' },
      { do: 'break' },
      { do: 'break' },
    ),
  },
);

const RULES: readonly InterceptRule[] = [
  { on: 'event', action: 'pause', delayMs: 300, everyNth: 11 },
  { on: 'event', action: 'delay', delayMs: 3, everyNth: 3 },
  { on: 'event', action: 'block', everyNth: 5 },
  { on: 'event', action: 'modify', body: 'modified', everyNth: 7 },
];

const setup = fc.record({
  strategy: fc.constantFrom(
    'unbounded',
    'block,capacity=5',
    'drop-oldest,capacity=5',
    'drop-newest,capacity=5',
    'fail,capacity=20',
    'fail,capacity=20,drainBeforeFail=true',
    'batch,maxItems=3,window=20ms + drop-oldest,capacity=5',
    'block,capacity=5 + disconnect-deadline,deadline=200ms',
  ),
  isServerInitiated: fc.boolean(),
  clientRoomBytes: fc.constantFrom(1, 100, Number.POSITIVE_INFINITY),
  rules: fc.subarray([...RULES]),
  stream: fc.constantFrom<InterceptSettings['stream']>('pull', 'push'),
  wait: fc.constantFrom<InterceptSettings['wait']>('state-machine', 'sync-pool'),
  steps: fc.array(step, { maxLength: 25 }),
});

describe('a stream under any schedule', () => {
  it('ends once or is stopped, with a closed ledger, no timer and no task; order is kept and nothing comes after the end', async () => {
    const ends = { end: 0, fail: 0, stopped: 0 };
    await fc.assert(
      fc.asyncProperty(
        setup,
        async ({ strategy, isServerInitiated, clientRoomBytes, steps, ...settings }) => {
          const reconnect = { attempts: 2, firstMs: 100, maxMs: 400, jitter: 0.25 };
          const bench = createBench({
            strategy,
            isServerInitiated,
            clientRoomBytes,
            settings: { ...settings, workers: 1, keepAliveMs: 70, dedupeIds: 10, reconnect },
          });
          let sent = 0;
          let isConnected = true;
          let reconnects = 0;
          for (const one of steps) {
            if (bench.told.reconnects.length > reconnects) {
              reconnects = bench.told.reconnects.length;
              isConnected = true;
            }
            switch (one.do) {
              case 'events': {
                if (!isConnected) break;
                let text = '';
                for (let n = 0; n < one.count; n++) text += `id: ${++sent}\ndata: ${sent}\n\n`;
                const half = one.isSplit ? text.length >> 1 : text.length;
                bench.send(text.slice(0, half));
                bench.send(text.slice(half));
                break;
              }
              case 'wait':
                await bench.advanceMs(one.ms);
                break;
              case 'read':
                bench.read();
                break;
              case 'release':
                bench.interceptors.release();
                break;
              case 'settle':
                await settle();
                break;
              case 'comment':
                if (isConnected) bench.send(': hello\n\n');
                break;
              default:
                if (isConnected) bench.pipe.upstreamEnded(one.do === 'end' ? undefined : new Error('broken'));
                isConnected = false;
            }
            expect(bench.ledger.unaccounted).toBe(0);
          }
          const hasEnded = bench.told.ends.length > 0;
          bench.stop();
          await settle();
          const { unaccounted, queued, inFlight, blocked, delivered } = bench.ledger;
          expect({ unaccounted, queued, inFlight, blocked }).toEqual({
            unaccounted: 0,
            queued: 0,
            inFlight: 0,
            blocked: 0,
          });
          expect(bench.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
          expect(bench.tasks.byKind()).toEqual({});
          expect(bench.interceptors.paused).toBe(0);
          expect(bench.told.late).toBe(0);
          expect(bench.told.ends.length).toBeLessThanOrEqual(1);
          expect(bench.boundary.takeAccounts()).toHaveLength(1);

          const { events } = receive(bench.output);
          const ids = events.map(({ lastEventId }) => Number(lastEventId));
          expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
          // Written, and perhaps not taken by the client yet: that one is failed.
          expect([delivered, delivered + 1]).toContain(events.length);
          for (const { data, lastEventId } of events) expect(['modified', lastEventId]).toContain(data);
          ends[hasEnded ? (bench.told.ends[0] === 'end' ? 'end' : 'fail') : 'stopped']++;
        },
      ),
      { seed: SEED, numRuns: 1500 },
    );
    for (const count of Object.values(ends)) expect(count).toBeGreaterThan(40); // every kind of end was met
  }, 120_000);
});
