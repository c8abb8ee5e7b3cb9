/** One intercepted stream in virtual time: what is read when, what waits where, and what is lost under which strategy. */
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../../src/core/clock.ts';
import type { InterceptRule } from '../../../src/core/plan.ts';
import { encodeEvent } from '../../../src/system/intercept/event-encoder.ts';
import { type Bench, createBench, eventsText, settle } from './pipe-bench.ts';
import { receive } from './streams.ts';

const delayAll = (delayMs: number): InterceptRule => ({ on: 'event', action: 'delay', delayMs });

function numbersOf({ output }: Bench): number[] {
  return receive(output).events.map(({ data }) => Number(data.slice('event '.length)));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** An upstream that has `perMs` more events ready each millisecond, and sends what it may in one chunk. */
async function feed(
  bench: Bench,
  perMs: number,
  totalMs: number,
): Promise<{ sent: number; maxPending: number }> {
  let ready = 0;
  let sent = 0;
  let maxPending = 0;
  for (let ms = 0; ms < totalMs; ms++) {
    ready += perMs;
    if (bench.isReading) {
      const count = Math.min(ready, 100);
      bench.send(eventsText(count, sent + 1));
      ready -= count;
      sent += count;
    }
    await bench.advanceMs(1);
    maxPending = Math.max(maxPending, bench.ledger.queued);
  }
  return { sent, maxPending };
}

describe('pending events grow without limit (S-2)', () => {
  it('pull: refuted; never more than one chunk brought, and the upstream stands still meanwhile', async () => {
    const bench = createBench({ settings: { rules: [delayAll(5)] } });
    const { sent, maxPending } = await feed(bench, 10, 3000);
    expect(maxPending).toBeLessThan(100);
    const { delivered, queued } = bench.ledger;
    expect(delivered).toBeGreaterThanOrEqual(590);
    expect(delivered).toBeLessThanOrEqual(600);
    expect(sent - delivered - queued).toBeLessThanOrEqual(1);
    bench.stop();
  });

  it('push: confirmed; 9,800 more every second', async () => {
    const bench = createBench({ settings: { rules: [delayAll(5)], stream: 'push' } });
    await feed(bench, 10, 1000);
    const first = bench.ledger.queued;
    await feed(bench, 10, 1000);
    expect(bench.ledger.queued - first).toBe(9800);
    expect(bench.told.reading).toEqual([]);
    bench.stop();
    expect(bench.ledger.unaccounted).toBe(0);
  });

  it('push with a bound of 100 that pauses: the bound holds, and the upstream stands still', async () => {
    const bench = createBench({
      strategy: 'block,capacity=100',
      settings: { rules: [delayAll(5)], stream: 'push' },
    });
    const { maxPending } = await feed(bench, 10, 2000);
    expect(maxPending).toBe(100);
    expect(bench.isReading).toBe(false);
    expect(numbersOf(bench)).toEqual(range(1, bench.ledger.delivered));
    bench.stop();
  });
});

describe('a limit of 100 and one chunk of 500 events (S-3)', () => {
  const chunk = eventsText(500);

  it('error: kills a healthy stream', () => {
    const bench = createBench({ strategy: 'fail,capacity=100' });
    bench.send(chunk);
    expect(bench.told.ends).toEqual(['fail: intercept.pending gave the stream up: overflow.fail']);
    expect(numbersOf(bench)).toEqual([]);
    expect(bench.ledger).toMatchObject({
      offered: 101,
      delivered: 0,
      dropped: { 'overflow.fail': 1 },
      failed: { closed: 100 },
      unaccounted: 0,
    });
    expect(bench.tasks.open).toBe(0);
  });

  it('error that drains before: the first 100 arrive, then the end', async () => {
    const bench = createBench({
      strategy: 'fail,capacity=100,drainBeforeFail=true',
      settings: { rules: [delayAll(1)] },
    });
    bench.send(chunk);
    expect(bench.told.ends).toEqual([]);
    await bench.advanceMs(101);
    expect(numbersOf(bench)).toEqual(range(1, 100));
    expect(bench.told.ends).toEqual(['fail: intercept.pending gave the stream up: overflow.fail']);
    expect(bench.ledger).toMatchObject({
      offered: 500,
      delivered: 100,
      failed: { closed: 399 },
      unaccounted: 0,
    });
  });

  it('drop-oldest: 400 lost, the newest 100 in order', () => {
    const bench = createBench({ strategy: 'drop-oldest,capacity=100' });
    bench.send(chunk);
    expect(numbersOf(bench)).toEqual(range(401, 500));
    expect(bench.ledger).toMatchObject({
      offered: 500,
      delivered: 100,
      dropped: { 'overflow.drop-oldest': 400 },
    });
    bench.stop();
  });

  it('pause: none lost, and the upstream is not read until all are in', async () => {
    const bench = createBench({ strategy: 'block,capacity=100', settings: { rules: [delayAll(1)] } });
    bench.send(chunk);
    expect(bench.ledger).toMatchObject({ queued: 100, inFlight: 1 });
    expect(bench.told.reading).toEqual([false]);
    await bench.advanceMs(499);
    expect(bench.told.reading).toEqual([false]);
    await bench.advanceMs(1);
    expect(numbersOf(bench)).toEqual(range(1, 500));
    expect(bench.ledger).toMatchObject({ offered: 500, delivered: 500, dropped: {}, blocked: 0 });
    expect(bench.told.reading).toEqual([false, true]);
    bench.stop();
  });

  it('pause: none lost of a chunk that has more events than may wait', async () => {
    const bench = createBench({ strategy: 'block,capacity=10' });
    bench.send(eventsText(5000));
    bench.pipe.upstreamEnded();
    await settle();
    expect(numbersOf(bench)).toEqual(range(1, 5000));
    expect(bench.told.ends).toEqual(['end']);
  });

  it('pause: an event that the queue can never hold ends the stream rather than leave a gap', () => {
    const bench = createBench({ strategy: 'block,bytes=1000' });
    bench.send(encodeEvent({ data: 'x'.repeat(2000) }));
    expect(bench.told.ends).toEqual(['fail: an event is larger than intercept.pending may hold (bytes=)']);
    expect(bench.ledger).toMatchObject({ offered: 1, dropped: { too_large: 1 }, unaccounted: 0 });
    const dropping = createBench({ strategy: 'drop-oldest,bytes=1000' });
    dropping.send(encodeEvent({ data: 'x'.repeat(2000) }));
    dropping.send(eventsText(1));
    expect(dropping.told.ends).toEqual([]);
    expect(numbersOf(dropping)).toEqual([1]);
    dropping.stop();
  });
});

describe('an event that waits holds the whole stream (S-29)', () => {
  const rules: InterceptRule[] = [{ on: 'event', action: 'pause', delayMs: 2000, event: 'ask' }];

  it('all later ones come later, none overtakes, and a release lets them go', async () => {
    for (const isReleased of [false, true]) {
      const bench = createBench({ settings: { rules } });
      bench.send(`${eventsText(1)}event: ask\nid: 2\ndata: event 2\n\n${eventsText(2, 3)}`);
      await bench.advanceMs(1999);
      expect(numbersOf(bench)).toEqual([1]);
      expect(bench.isReading).toBe(false);
      if (isReleased) bench.interceptors.release();
      else await bench.advanceMs(1);
      await settle();
      expect(numbersOf(bench)).toEqual([1, 2, 3, 4]);
      expect(bench.isReading).toBe(true);
      bench.stop();
    }
  });

  it('push: what comes meanwhile piles up behind it', async () => {
    const bench = createBench({ settings: { rules, stream: 'push' } });
    bench.send('event: ask\ndata: event 0\n\n');
    await feed(bench, 1, 1999);
    expect(bench.ledger.queued).toBe(1999);
    await bench.advanceMs(1);
    expect(numbersOf(bench)).toEqual(range(0, 1999));
    bench.stop();
  });
});

describe('what a rule makes of an event', () => {
  it('other data under the same id, type and retry; or nothing at all; comments and the other events stay', () => {
    const bench = createBench({
      settings: {
        rules: [
          { on: 'event', action: 'modify', event: 'secret', body: 'one\r\ntwo\n\ndata: three' },
          { on: 'event', action: 'block', event: 'bad' },
        ],
      },
    });
    bench.send(
      'event: secret\nid: 7\nretry: 5\ndata: a\n\n: between\n\nevent: bad\nid: 8\ndata: b\n\ndata: c\n\n',
    );
    expect(receive(bench.output)).toEqual({
      events: [
        { type: 'secret', data: 'one\ntwo\n\ndata: three', lastEventId: '7' },
        { type: 'message', data: 'c', lastEventId: '7' },
      ],
      comments: ['between'],
      retries: [5],
      lastEventId: '7',
    });
    expect(bench.ledger).toMatchObject({
      offered: 3,
      delivered: 2,
      failed: { 'intercept.block': 1 },
      unaccounted: 0,
    });
    bench.stop();
  });

  it('an event that cannot be told any more ends the stream: its data must not pass as they were', () => {
    const bench = createBench({ settings: { rules: [{ on: 'event', action: 'modify', body: 'x' }] } });
    bench.send('event: a\0b\ndata: secret\n\ndata: c\n\n');
    expect(bench.told.ends).toEqual([
      "fail: the type of an event must be one line without NUL, got 'a\\x00b'",
    ]);
    expect(bench.output.length).toBe(0);
    expect(bench.ledger).toMatchObject({
      failed: { 'intercept.unfit': 1 },
      dropped: { 'intercept.unfit': 1 },
      unaccounted: 0,
    });
  });

  it('everyNth counts all events of the stream, from the first', () => {
    const bench = createBench({ settings: { rules: [{ on: 'event', action: 'block', everyNth: 3 }] } });
    bench.send(eventsText(4));
    bench.send(eventsText(4, 5));
    expect(numbersOf(bench)).toEqual([2, 3, 5, 6, 8]);
    bench.stop();
  });
});

describe('a slow client', () => {
  it('pull: stops the upstream after one chunk; nothing is lost when it reads again', () => {
    const bench = createBench({ clientRoomBytes: 60 });
    bench.send(eventsText(10));
    expect(numbersOf(bench)).toEqual([1, 2, 3]);
    expect(bench.isReading).toBe(false);
    expect(bench.ledger).toMatchObject({ delivered: 2, inFlight: 1, queued: 7 }); // the third waits for the client
    bench.read();
    expect(numbersOf(bench)).toEqual(range(1, 6));
    bench.read();
    expect(bench.told.reading).toEqual([false]);
    bench.read();
    expect(numbersOf(bench)).toEqual(range(1, 10));
    expect(bench.told.reading).toEqual([false, true]);
    expect(bench.ledger).toMatchObject({ delivered: 10, inFlight: 0 });
    bench.stop();
  });

  it('push: does not stop it', () => {
    const bench = createBench({ clientRoomBytes: 60, settings: { stream: 'push' } });
    for (let n = 0; n < 100; n++) bench.send(eventsText(10, 10 * n + 1));
    expect(bench.told.reading).toEqual([]);
    expect(bench.ledger).toMatchObject({ delivered: 2, inFlight: 1, queued: 997 });
    bench.stop();
    expect(bench.ledger).toMatchObject({
      failed: { 'disconnect.peer': 1 },
      dropped: { 'disconnect.peer': 997 },
    });
  });

  it('push: comments without end do not pile up without bound', () => {
    const bench = createBench({ clientRoomBytes: 10, settings: { stream: 'push' } });
    bench.send(eventsText(1));
    for (let i = 0; i < 12; i++) bench.send(`: ${'x'.repeat(2 ** 20)}\n\n`);
    expect(bench.told.ends).toHaveLength(1);
    expect(bench.ledger.unaccounted).toBe(0);
  });
});

describe('the memory budget', () => {
  const rules = [delayAll(10)];
  const sizeOf = (from: number, count: number) => Buffer.byteLength(eventsText(count, from));

  it('holds what is pending, and gives it back, also when the client leaves', async () => {
    const bench = createBench({ settings: { rules } });
    bench.send(eventsText(9));
    expect(bench.budget.usedBytes).toBe(sizeOf(1, 9));
    await bench.advanceMs(25);
    expect(bench.budget.usedBytes).toBe(sizeOf(3, 7));
    bench.stop();
    expect(bench.budget.usedBytes).toBe(0);
  });

  it('pull: what does not fit waits, and so does the upstream; nothing is lost', async () => {
    const bench = createBench({ settings: { rules }, memoryBytes: sizeOf(1, 3) });
    bench.send(eventsText(9));
    expect(bench.ledger.queued + bench.ledger.inFlight).toBe(3);
    expect(bench.isReading).toBe(false);
    await bench.advanceMs(1000);
    expect(numbersOf(bench)).toEqual(range(1, 9));
    expect(bench.isReading).toBe(true);
    expect(bench.budget.maxBytes).toBeLessThanOrEqual(sizeOf(1, 3));
    bench.stop();
    expect(bench.budget.usedBytes).toBe(0);
  });

  it('pull: an event that can never fit ends the stream rather than leave a gap', async () => {
    const bench = createBench({ memoryBytes: 100 });
    bench.send(`data: ${'x'.repeat(200)}\n\n`);
    await settle();
    expect(bench.told.ends).toEqual(['fail: there is no memory for the next event']);
    expect(bench.ledger.dropped).toEqual({ 'admission.memory': 1 });
    expect(bench.ledger.unaccounted).toBe(0);
  });

  it('push with a strategy that drops: an event that can never fit is refused, and the stream goes on', async () => {
    const bench = createBench({
      strategy: 'drop-oldest,capacity=100',
      settings: { stream: 'push' },
      memoryBytes: 100,
    });
    bench.send(`id: 0\ndata: ${'x'.repeat(200)}\n\n${eventsText(3)}`);
    await settle();
    expect(numbersOf(bench)).toEqual([1, 2, 3]);
    expect(bench.ledger.dropped).toEqual({ 'admission.memory': 1 });
    bench.stop();
    expect(bench.budget.usedBytes).toBe(0);
  });

  it('gives back what comes free only after the client has left', async () => {
    const bench = createBench({ memoryBytes: 100 });
    expect(bench.budget.tryReserve(100)).toBe(true);
    bench.send(eventsText(1));
    expect(bench.isReading).toBe(false);
    bench.stop();
    bench.budget.release(100);
    await settle();
    expect(bench.budget.usedBytes).toBe(0);
    expect(bench.told.late).toBe(0);
    expect(bench.ledger.unaccounted).toBe(0);
  });
});

describe('an answer to POST', () => {
  it('ends once everything pending has gone out', async () => {
    const bench = createBench({ settings: { rules: [delayAll(10)], stream: 'push' } });
    expect(bench.tasks.byKind()).toEqual({ 'intercept.writer': 1 });
    bench.send(`${eventsText(3)}data: half`);
    bench.pipe.upstreamEnded();
    await bench.advanceMs(29);
    expect(bench.told.ends).toEqual([]);
    await bench.advanceMs(1);
    expect(bench.told.ends).toEqual(['end']);
    expect(bench.output.toString()).toBe(eventsText(3));
    expect([bench.tasks.open, bench.clock.nextTimerNs]).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(bench.boundary.takeAccounts()).toMatchObject([{ offered: 3, delivered: 3, endedCleanly: true }]);
  });

  it('ends at once when nothing is pending, and only once', () => {
    const bench = createBench();
    bench.pipe.upstreamEnded();
    bench.pipe.upstreamEnded(new Error('late'));
    bench.send(eventsText(1));
    expect(bench.told.ends).toEqual(['end']);
    expect(bench.output.length).toBe(0);
  });

  it('that breaks off fails, after what had come', async () => {
    const bench = createBench({ settings: { rules: [delayAll(10)] } });
    bench.send(eventsText(2));
    bench.pipe.upstreamEnded(new Error('reset'));
    await bench.advanceMs(20);
    expect(numbersOf(bench)).toEqual([1, 2]);
    expect(bench.told.ends).toEqual(['fail: reset']);
    expect(bench.told.reconnects).toEqual([]);
    expect(bench.boundary.takeAccounts()).toMatchObject([{ endedCleanly: false }]);
  });

  it('repeats what the upstream repeats, and is not kept alive', async () => {
    const bench = createBench({ settings: { keepAliveMs: 10 } });
    bench.send(eventsText(1) + eventsText(1));
    await bench.advanceMs(100);
    expect(bench.output.toString()).toBe(eventsText(1) + eventsText(1));
    bench.stop();
  });
});

describe('a shaping strategy', () => {
  it('lets go what it holds before the end', async () => {
    const bench = createBench({ strategy: 'batch,maxItems=10,window=1s + unbounded' });
    bench.send(eventsText(3));
    expect(bench.isReading).toBe(true); // what is held is not pending: more has to come
    expect(numbersOf(bench)).toEqual([]);
    bench.pipe.upstreamEnded();
    await settle();
    expect(bench.told.ends).toEqual(['end']);
    expect(bench.ledger.unaccounted).toBe(0);
  });

  it('that paces is waited for', async () => {
    const bench = createBench({ strategy: 'unbounded + pace,rate=100/s' });
    bench.send(eventsText(5));
    expect(bench.isReading).toBe(false);
    await bench.advanceMs(100);
    expect(numbersOf(bench)).toEqual(range(1, 5));
    expect(bench.isReading).toBe(true);
    bench.stop();
  });

  it('that paces does not let an id without data overtake the events before it', async () => {
    const bench = createBench({ strategy: 'unbounded + pace,rate=100/s' });
    bench.send(`${eventsText(3)}id: last\n\n`);
    await bench.advanceMs(100);
    expect(receive(bench.output)).toMatchObject({
      events: [{ lastEventId: '1' }, { lastEventId: '2' }, { lastEventId: '3' }],
      lastEventId: 'last',
    });
    bench.stop();
  });
});

describe('keep-alive', () => {
  it('is due after each time without an event, of whatever length the stream', async () => {
    const bench = createBench({ isServerInitiated: true, settings: { keepAliveMs: 30_000 } });
    const comments = (): number => receive(bench.output).comments.length;
    await bench.advanceMs(29_999);
    expect(comments()).toBe(0);
    await bench.advanceMs(1);
    expect(comments()).toBe(1);
    await bench.advanceMs(20_000);
    bench.send(eventsText(1));
    await bench.advanceMs(29_999);
    expect(comments()).toBe(1);
    await bench.advanceMs(1);
    expect(comments()).toBe(2);
    await bench.advanceMs(90_000);
    expect(comments()).toBe(5);
    expect(receive(bench.output).events).toHaveLength(1);
    bench.stop();
    expect(bench.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes on while an interceptor holds the stream, and not into a client that is full', async () => {
    const bench = createBench({
      isServerInitiated: true,
      clientRoomBytes: 10,
      settings: { keepAliveMs: 1000, rules: [{ on: 'event', action: 'pause', delayMs: 2500 }] },
    });
    bench.send('data: a\n\n');
    await bench.advanceMs(1000);
    expect(bench.output.toString()).toBe(': keep-alive\n\n');
    bench.read();
    expect(bench.ledger).toMatchObject({ delivered: 0, inFlight: 1 }); // the comment left, the event did not
    await bench.advanceMs(1500);
    expect(receive(bench.output)).toMatchObject({
      events: [{ data: 'a' }],
      comments: ['keep-alive', 'keep-alive'],
    });
    await bench.advanceMs(10_000);
    expect(receive(bench.output).comments).toHaveLength(2);
    bench.read();
    await bench.advanceMs(1000);
    expect(receive(bench.output).comments).toHaveLength(3);
    bench.stop();
  });

  it('stands between two events, also where one has come in half', async () => {
    const bench = createBench({ isServerInitiated: true, settings: { keepAliveMs: 1000 } });
    bench.send(': x\r\n\r\ndata: a\r\n\r');
    await bench.advanceMs(1000);
    bench.send('\ndata: b\r\n');
    await bench.advanceMs(1000);
    bench.send('\r\n');
    expect(receive(bench.output)).toMatchObject({
      events: [{ data: 'a' }, { data: 'b' }],
      comments: ['x', 'keep-alive', 'keep-alive'],
    });
    bench.stop();
  });
});

describe('events that came before', () => {
  it('are counted as duplicates and not sent again, as long as their ids are kept', () => {
    const bench = createBench({ isServerInitiated: true, settings: { dedupeIds: 3 } });
    bench.send(eventsText(4)); // 2, 3, 4 are kept
    bench.send(eventsText(4)); // 1 is new again and drives out 2, which is new again …
    expect(numbersOf(bench)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    bench.send(eventsText(3, 2));
    expect(numbersOf(bench)).toHaveLength(8);
    expect(bench.ledger).toMatchObject({ offered: 11, delivered: 8, dropped: { duplicate: 3 } });
    bench.stop();
  });

  it.each([
    [100, 50, 0],
    [100, 200, 200],
    [100, 1500, 1500],
    [1000, 50, 0],
    [1000, 200, 0],
    [1000, 1500, 1500],
  ])('a window of %i and a replay of %i: %i duplicates pass (S-14)', (dedupeIds, replay, duplicates) => {
    const bench = createBench({ isServerInitiated: true, settings: { dedupeIds } });
    bench.send(eventsText(2000));
    bench.send(eventsText(replay, 2001 - replay));
    expect(numbersOf(bench).length - 2000).toBe(duplicates);
    bench.stop();
  });

  it('no check with a window of 0; events without an id, with an empty and with a huge one are always new', () => {
    const off = createBench({ isServerInitiated: true, settings: { dedupeIds: 0 } });
    off.send(eventsText(2) + eventsText(2));
    expect(numbersOf(off)).toEqual([1, 2, 1, 2]);
    off.stop();
    const bench = createBench({ isServerInitiated: true });
    const some = `data: a\n\nid:\ndata: b\n\nid: ${'x'.repeat(1025)}\ndata: c\n\n`;
    bench.send(some + some);
    expect(receive(bench.output).events).toHaveLength(6);
    bench.stop();
  });
});

describe('reconnecting', () => {
  it('comes after the golden times: doubling to the limit, with seeded jitter, ten times and no more', async () => {
    const bench = createBench({ isServerInitiated: true, settings: { keepAliveMs: 0 } });
    let atMs = 0;
    const waits: number[] = [];
    while (bench.told.ends.length === 0) {
      bench.pipe.upstreamEnded(new Error('refused'));
      await bench.advanceMs(75_000);
      const last = bench.told.reconnects.at(-1) as { atMs: number };
      if (bench.told.ends.length === 0) waits.push(last.atMs - atMs);
      atMs = bench.clock.nowNs() / NS_PER_MS;
    }
    expect(waits.map(Math.round)).toEqual(GOLDEN_WAITS_MS);
    for (const [n, wait] of waits.entries()) {
      const base = Math.min(60_000, 1000 * 2 ** n);
      expect(wait).toBeGreaterThanOrEqual(0.75 * base);
      expect(wait).toBeLessThan(1.25 * base);
    }
    expect(bench.told.ends).toEqual(['fail: 10 reconnects in vain: refused']);
    expect([bench.tasks.open, bench.clock.nextTimerNs]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it('asks for what follows the last id, and drops half an event', async () => {
    const bench = createBench({
      isServerInitiated: true,
      lastEventId: 'start',
      settings: { keepAliveMs: 0 },
    });
    const ids: string[] = [];
    for (const text of [
      '',
      'data: no id\n\n',
      eventsText(2),
      'id: 3\n\n',
      'id: 4\ndata: half',
      `id: ${'x'.repeat(1025)}\ndata\n\n`,
      'id\ndata\n\n',
    ]) {
      bench.send(text);
      bench.pipe.upstreamEnded(new Error('it broke'));
      await bench.advanceMs(75_000);
      ids.push(bench.told.reconnects.at(-1)?.lastEventId ?? '');
    }
    expect(ids).toEqual(['start', 'start', '2', '3', '3', '3', '']);
    expect(bench.output.toString()).not.toContain('half');
    bench.stop();
  });

  it('does not ask again for what the queue has dropped after it took it', async () => {
    const bench = createBench({
      isServerInitiated: true,
      strategy: 'drop-oldest,capacity=2',
      settings: { rules: [delayAll(10)], keepAliveMs: 0 },
    });
    bench.send(eventsText(5));
    bench.pipe.upstreamEnded(new Error('it broke'));
    await bench.advanceMs(2000);
    expect(numbersOf(bench)).toEqual([4, 5]);
    expect(bench.told.reconnects).toMatchObject([{ lastEventId: '5' }]);
    bench.stop();
  });

  it('asks again for what the queue refused', async () => {
    const bench = createBench({
      isServerInitiated: true,
      strategy: 'drop-newest,capacity=2',
      settings: { rules: [delayAll(10)], keepAliveMs: 0 },
    });
    bench.send(eventsText(5));
    bench.pipe.upstreamEnded(new Error('it broke'));
    await bench.advanceMs(2000);
    expect(bench.told.reconnects).toMatchObject([{ lastEventId: '2' }]);
    bench.send(eventsText(2, 3));
    await bench.advanceMs(20);
    expect(numbersOf(bench)).toEqual([1, 2, 3, 4]);
    expect(bench.ledger).toMatchObject({ offered: 7, delivered: 4, dropped: { 'overflow.drop-newest': 3 } });
    bench.stop();
  });

  it('an event that is new gives all attempts back, a repeated one does not', async () => {
    const reconnect = { attempts: 2, firstMs: 100, maxMs: 1000, jitter: 0 };
    const bench = createBench({ isServerInitiated: true, settings: { reconnect, keepAliveMs: 0 } });
    const again = async (text: string): Promise<void> => {
      bench.send(text);
      bench.pipe.upstreamEnded(new Error('it broke'));
      await bench.advanceMs(1000);
    };
    for (let n = 1; n <= 5; n++) await again(eventsText(1, n));
    expect(bench.told.reconnects.map(({ atMs }) => atMs)).toEqual([100, 1100, 2100, 3100, 4100]);
    await again(eventsText(1, 5));
    expect(bench.told.reconnects.at(-1)?.atMs).toBe(5200);
    await again(eventsText(1, 5));
    expect(bench.told.ends).toEqual(['fail: 2 reconnects in vain: it broke']);
  });

  it.each([
    [300, 300],
    [0, 100],
    [100_000, 60_000],
  ])('the upstream says retry: %i, and is asked again after %i ms', async (retry, waitMs) => {
    const reconnect = { attempts: 3, firstMs: 1000, maxMs: 60_000, jitter: 0 };
    const bench = createBench({ isServerInitiated: true, settings: { reconnect, keepAliveMs: 0 } });
    bench.send(`retry: ${retry}\n\n`);
    bench.pipe.upstreamEnded(new Error('it broke'));
    await bench.advanceMs(waitMs);
    expect(bench.told.reconnects.map(({ atMs }) => atMs)).toEqual([waitMs]);
    bench.stop();
  });

  it('a byte order mark of the second connection does not end up inside the stream', async () => {
    const bench = createBench({ isServerInitiated: true, settings: { keepAliveMs: 0 } });
    bench.send(`\ufeff${eventsText(1)}`);
    bench.pipe.upstreamEnded(new Error('it broke'));
    await bench.advanceMs(2000);
    bench.send(`\ufeff${eventsText(1, 2)}`);
    expect(bench.output.toString()).toBe(eventsText(2));
    bench.stop();
  });

  it('goes on through a pause: the new connection is not read until the queue has room', async () => {
    const reconnect = { attempts: 3, firstMs: 100, maxMs: 1000, jitter: 0 };
    const bench = createBench({
      isServerInitiated: true,
      settings: { rules: [{ on: 'event', action: 'pause', delayMs: 5000 }], reconnect, keepAliveMs: 0 },
    });
    bench.send(eventsText(1));
    bench.pipe.upstreamEnded(new Error('it broke'));
    await bench.advanceMs(100);
    expect(bench.told.reconnects).toHaveLength(1);
    expect(bench.told.reading).toEqual([false, false]); // told once more: a new connection is read at first
    await bench.advanceMs(4900);
    expect(bench.isReading).toBe(true);
    bench.stop();
  });

  it('costs three tasks for each stream, and leaves none', () => {
    const bench = createBench({ isServerInitiated: true });
    expect(bench.tasks.byKind()).toEqual({
      'intercept.reader': 1,
      'intercept.keep-alive': 1,
      'intercept.writer': 1,
    });
    bench.stop();
    expect(bench.tasks.open).toBe(0);
  });
});

/** Of seed 1, stream `intercept.reconnect`. */
const GOLDEN_WAITS_MS = [784, 2453, 3346, 9723, 15_919, 27_009, 60_607, 56_541, 74_261, 70_442];
