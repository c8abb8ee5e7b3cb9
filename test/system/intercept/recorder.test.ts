import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../../src/core/clock.ts';
import type { RecorderSettings } from '../../../src/core/plan.ts';
import { createRecorder } from '../../../src/system/proxy/recorder.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { settle } from './pipe-bench.ts';

function create(settings: RecorderSettings) {
  const clock = createVirtualClock();
  const tasks = new TaskRegistry();
  return { clock, tasks, recorder: createRecorder(settings, clock, tasks) };
}

const entry = (n: number) => ({ at: 'request', method: 'GET', path: `/${n}` }) as const;

describe('the recorder', () => {
  it('off: writes nothing and lets nobody wait', () => {
    const { clock, tasks, recorder } = create({ mode: 'off', writeMs: 5 });
    expect(recorder.record(entry(1))).toBeUndefined();
    expect([recorder.isOn, recorder.written, tasks.open, clock.nextTimerNs]).toEqual([
      false,
      0,
      0,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('inline: each write takes its time, as many at once as there are', async () => {
    const { clock, recorder } = create({ mode: 'inline', writeMs: 5 });
    const order: number[] = [];
    for (const n of [1, 2]) {
      void recorder.record(entry(n))?.then(() => order.push(n));
      clock.advanceNs(NS_PER_MS);
    }
    clock.advanceNs(3 * NS_PER_MS - 1);
    await settle();
    expect(order).toEqual([]);
    clock.advanceNs(1);
    await settle();
    expect(order).toEqual([1]);
    clock.advanceNs(NS_PER_MS);
    await settle();
    expect(order).toEqual([1, 2]);
    expect(recorder.stored).toEqual([entry(1), entry(2)]);
  });

  it('inline: a request with an upstream of u ms takes u + 2 × the write (S-30)', async () => {
    for (const writeMs of [0, 5, 50]) {
      const { clock, recorder } = create({ mode: 'inline', writeMs });
      let tookMs = -1;
      void (async () => {
        await recorder.record(entry(1));
        await new Promise<void>((resolve) => clock.setTimer(clock.nowNs() + 5 * NS_PER_MS, resolve));
        await recorder.record({ ...entry(1), at: 'response', status: 200 });
        tookMs = clock.nowNs() / NS_PER_MS;
      })();
      await settle();
      while (clock.nextTimerNs < Number.POSITIVE_INFINITY) {
        clock.advanceTo(clock.nextTimerNs);
        await settle();
      }
      expect(tookMs).toBe(5 + 2 * writeMs);
      expect(recorder.written).toBe(2);
    }
  });

  it('async: nobody waits, one worker writes one at a time, and the newest stay when the store is too slow', async () => {
    const { clock, tasks, recorder } = create({ mode: 'async', writeMs: 10 });
    for (let n = 0; n < 1501; n++) expect(recorder.record(entry(n))).toBeUndefined();
    expect(recorder.ledger()).toMatchObject({
      offered: 1501,
      inFlight: 1,
      queued: 1000,
      dropped: { 'overflow.drop-oldest': 500 },
    });
    expect(tasks.byKind()).toEqual({ 'proxy.recorder': 1 });
    for (let write = 0; write < 3; write++) {
      await settle();
      clock.advanceNs(10 * NS_PER_MS);
    }
    await settle();
    expect(recorder.written).toBe(3);
    expect(recorder.stored.map(({ path }) => path)).toEqual(['/0', '/501', '/502']);
    expect(recorder.ledger()).toMatchObject({ delivered: 3, unaccounted: 0 });
    await recorder.close();
    expect(recorder.ledger()).toMatchObject({
      delivered: 3,
      dropped: { 'overflow.drop-oldest': 500, shutdown: 997 },
      failed: { shutdown: 1 },
      queued: 0,
      inFlight: 0,
      unaccounted: 0,
    });
    expect([tasks.open, clock.nextTimerNs]).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(recorder.record(entry(1))).toBeUndefined();
    expect(recorder.ledger().offered).toBe(1501);
  });

  it('async: a store that takes no time keeps up with everything, and keeps the newest 256', async () => {
    const { recorder } = create({ mode: 'async', writeMs: 0 });
    for (let n = 0; n < 600; n++) recorder.record(entry(n));
    await settle();
    expect(recorder.written).toBe(600);
    expect(recorder.stored).toHaveLength(256);
    expect(recorder.stored.at(-1)).toEqual(entry(599));
    await recorder.close();
  });

  it('inline: closing lets go who waits, and leaves no timer', async () => {
    const { clock, recorder } = create({ mode: 'inline', writeMs: 5 });
    const waiting = recorder.record(entry(1));
    await recorder.close();
    await waiting;
    expect([recorder.written, clock.nextTimerNs]).toEqual([0, Number.POSITIVE_INFINITY]);
  });
});
