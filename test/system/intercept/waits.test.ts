/** Waiting for an interceptor of events: on the loop, in a pool, or as a state machine (S-1). */
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createHostClock, createVirtualClock, NS_PER_MS, takeEpochNs } from '../../../src/core/clock.ts';
import type { InterceptRule, InterceptSettings } from '../../../src/core/plan.ts';
import { type EventFacts, Interceptors } from '../../../src/system/intercept/interceptors.ts';
import { Permits } from '../../../src/system/intercept/permits.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { settle } from './pipe-bench.ts';

const EVENT: EventFacts = { method: 'GET', path: '/', type: 'message', number: 1 };
const signal = new AbortController().signal;
const delay = (delayMs: number): InterceptRule[] => [{ on: 'event', action: 'delay', delayMs }];

describe('a pool of W workers', () => {
  it.each([
    [1, 10, [10, 20, 30, 40, 50, 60, 70]],
    [3, 10, [10, 10, 10, 20, 20, 20, 30]],
    [7, 10, [10, 10, 10, 10, 10, 10, 10]],
  ])('W=%i: so many wait at a time, the next one for its turn', async (workers, delayMs, endsMs) => {
    const clock = createVirtualClock();
    const interceptors = new Interceptors(
      { rules: delay(delayMs), wait: 'sync-pool', workers },
      clock,
      new TaskRegistry(),
    );
    const ends: number[] = [];
    const order: number[] = [];
    for (let n = 0; n < 7; n++) {
      void Promise.resolve(interceptors.onEvent(EVENT, signal)).then(() => {
        ends.push(clock.nowNs() / NS_PER_MS);
        order.push(n);
      });
    }
    await settle();
    while (clock.nextTimerNs < Number.POSITIVE_INFINITY) {
      clock.advanceTo(clock.nextTimerNs);
      await settle();
    }
    expect(ends).toEqual(endsMs);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('has all of its workers back, whoever gave up, in the line or in a wait', async () => {
    const clock = createVirtualClock();
    const interceptors = new Interceptors(
      { rules: delay(10), wait: 'sync-pool', workers: 1 },
      clock,
      new TaskRegistry(),
    );
    const gone = [new AbortController(), new AbortController(), new AbortController()];
    const waits = gone.map((controller) => interceptors.onEvent(EVENT, controller.signal));
    await settle();
    gone[1]?.abort(); // in the line
    await waits[1];
    gone[0]?.abort(); // in its wait: the third has its turn
    await waits[0];
    await settle();
    expect(clock.nextTimerNs).toBe(10 * NS_PER_MS);
    gone[2]?.abort();
    await waits[2];
    expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
    void interceptors.onEvent(EVENT, signal);
    await settle();
    expect(clock.nextTimerNs).toBe(10 * NS_PER_MS);
  });

  it('its permits: first come, first served, and none is lost', async () => {
    const permits = new Permits(2);
    expect([permits.take(signal), permits.take(signal), permits.free]).toEqual([true, true, 0]);
    const gone = new AbortController();
    const order: string[] = [];
    for (const [name, one] of [
      ['a', signal],
      ['b', gone.signal],
      ['c', signal],
    ] as const) {
      void Promise.resolve(permits.take(one)).then((got) => order.push(`${name} ${got}`));
    }
    expect(permits.waiting).toBe(3);
    gone.abort();
    permits.give();
    permits.give();
    await settle();
    expect(order).toEqual(['b false', 'a true', 'c true']);
    permits.give();
    permits.give();
    expect([permits.free, permits.waiting]).toEqual([2, 0]);
    expect(permits.take(gone.signal)).toBe(false);
    expect(permits.free).toBe(2);
  });
});

describe('a synchronous interceptor of d ms freezes unrelated requests; the state machine does not (S-1)', () => {
  const STREAMS = 10;
  const DELAY_MS = 50;

  /** The slowest of unrelated requests, one after the other, while every stream has an event to wait for. */
  async function measure(wait: InterceptSettings['wait']): Promise<{ slowestMs: number; tookMs: number }> {
    const server = createServer((_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const request = (): Promise<void> =>
      new Promise((resolve, reject) => {
        get(url, { agent: false }, (response) => response.resume().once('end', resolve)).once(
          'error',
          reject,
        );
      });
    await request();
    const interceptors = new Interceptors(
      { rules: delay(DELAY_MS), wait, workers: STREAMS },
      createHostClock(takeEpochNs()),
      new TaskRegistry(),
    );
    const startMs = performance.now();
    let isDone = false;
    const streams = Promise.all(Array.from({ length: STREAMS }, () => interceptors.onEvent(EVENT, signal)));
    void streams.then(() => {
      isDone = true;
    });
    let slowestMs = performance.now() - startMs; // the loop stood still before the first could be sent
    while (!isDone) {
      const sentMs = performance.now();
      await request();
      slowestMs = Math.max(slowestMs, performance.now() - sentMs);
    }
    await new Promise((resolve) => server.close(resolve));
    return { slowestMs, tookMs: performance.now() - startMs };
  }

  it('ten streams with one event each and 50 ms: 500 ms on the loop, 50 ms beside it', async () => {
    const frozen = await measure('sync-loop');
    expect(frozen.slowestMs).toBeGreaterThanOrEqual(STREAMS * DELAY_MS);
    for (const wait of ['state-machine', 'sync-pool'] as const) {
      const free = await measure(wait);
      expect(free.tookMs).toBeGreaterThanOrEqual(DELAY_MS);
      expect(free.slowestMs).toBeLessThan(STREAMS * DELAY_MS);
    }
  });
});
