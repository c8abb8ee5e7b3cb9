/** One projection on the bus: its pace, what it does when it was lapped, and how it ends. */
import { describe, expect, it, vi } from 'vitest';
import { HeldStore, LOCKED, Rig, settle } from './rig.ts';

const idsOf = (events: Iterable<{ id: number }>): number[] => [...events].map(({ id }) => id);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('pace', () => {
  it('takes its service time for each event, exactly in the long run, and nothing blocks meanwhile', async () => {
    const rig = new Rig({ settings: { serviceTimeMs: 2.5 } });
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 200; i++) void rig.publish();
    await rig.runFor(499);
    expect(given).toHaveLength(199);
    expect(projection.sample(200)).toEqual({ lag: 1, processed: 199, missed: 0, recovered: 0 });
    await rig.runFor(1);
    expect(projection.sample(200)).toEqual({ lag: 0, processed: 200, missed: 0, recovered: 0 });
  });

  it('is lapped after C/(λ − μ) = 0.32 s at 1000 events/s and 5 ms each, and its lag grows by λ − μ', async () => {
    const rig = new Rig({ settings: { serviceTimeMs: 5 } });
    (rig.store as HeldStore).isPrompt = true;
    const { projection } = rig.openOne();
    await rig.publishFor(315, 1000);
    expect(projection.sample(315)).toEqual({ lag: 252, processed: 63, missed: 0, recovered: 0 });
    await rig.publishFor(15, 1000);
    expect(projection.sample(330).missed).toBeGreaterThan(0);
    await rig.publishFor(670, 1000);
    const { lag } = projection.sample(1000);
    expect(Math.abs(lag - 800)).toBeLessThan(3);
  });

  it('0 ms: takes what comes at once, and lets others have their turn in between', async () => {
    const rig = new Rig();
    const { given } = rig.openOne();
    void rig.publish();
    expect(given).toHaveLength(1);
    for (let i = 0; i < 9; i++) void rig.publish();
    expect(given).toHaveLength(10);
  });
});

describe('lag', () => {
  it('replay: reads what it missed, page by page, before it goes on: each event once and in order', async () => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1 } });
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(1);
    expect(idsOf(given)).toEqual([1]);
    // 17 to 20 are in the ring; 2 to 16 have to be read, three at a time.
    const { store } = rig;
    for (const [page, known] of [4, 7, 10, 13].entries()) {
      expect([store?.asked, store?.reads]).toEqual([1, page + 1]);
      store?.answer();
      await rig.runFor(3);
      expect(idsOf(given)).toEqual(upTo(known));
    }
    store?.answer();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual(upTo(20));
    expect(projection.sample(20)).toEqual({ lag: 0, processed: 20, missed: 15, recovered: 15 });
    expect(store?.reads).toBe(5);
  });

  it('replay: lapped again while it reads, it goes on reading', async () => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1 } });
    const { projection, given } = rig.openOne();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 10; i++) void rig.publish();
      rig.store?.answer();
      await rig.runFor(2);
    }
    expect(projection.sample(100).lag).toBeGreaterThan(70);
    (rig.store as HeldStore).isPrompt = true;
    rig.store?.answer();
    await rig.runFor(200);
    expect(idsOf(given)).toEqual(upTo(100));
    const { missed, recovered } = projection.sample(100);
    expect([missed > 80, recovered]).toEqual([true, missed]);
  });

  it('replay: what was dropped last comes although nothing is published after it', async () => {
    const rig = new Rig({ strategy: 'drop-newest,capacity=4', settings: { serviceTimeMs: 1 } });
    const { projection, given } = rig.openOne();
    (rig.store as HeldStore).isPrompt = true;
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual(upTo(20));
    expect(projection.sample(20)).toMatchObject({ lag: 0, missed: 15, recovered: 15 });
  });

  it('skip: goes on without, and says how many it missed', async () => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1, onLag: 'skip' } });
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual([1, 17, 18, 19, 20]);
    expect(projection.sample(20)).toEqual({ lag: 0, processed: 5, missed: 15, recovered: 0 });
    expect(rig.store?.reads).toBe(0);
  });

  it('skip: is not behind for ever when the last events were dropped', async () => {
    const rig = new Rig({
      strategy: 'drop-newest,capacity=4',
      settings: { serviceTimeMs: 1, onLag: 'skip' },
    });
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual(upTo(5));
    expect(projection.sample(20)).toMatchObject({ lag: 0, missed: 15 });
  });

  it('replay without a store is skip', async () => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1 }, store: null });
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual([1, 17, 18, 19, 20]);
    expect(projection.sample(20)).toMatchObject({ lag: 0, missed: 15, recovered: 0 });
  });

  it('replay: what the store no longer has is missed and not recovered', async () => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1 } });
    const store = rig.store as HeldStore;
    store.isPrompt = true;
    store.keepEvents = 10;
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual([1, ...upTo(20).slice(10)]);
    expect(projection.sample(20)).toEqual({ lag: 0, processed: 11, missed: 15, recovered: 6 });
    store.keepEvents = 0;
    for (let i = 0; i < 10; i++) void rig.publish();
    await rig.runFor(100);
    expect(projection.sample(30)).toMatchObject({ lag: 0, missed: 20, recovered: 6 });
  });

  it('replay: asks again for as long as the store cannot be read, and tells that it waits', async () => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1 } });
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(1);
    for (let attempt = 0; attempt < 3; attempt++) {
      rig.store?.answer(LOCKED);
      await rig.runFor(999);
      expect(rig.store?.asked).toBe(0);
      expect(rig.waits.sample()).toMatchObject([{ who: 'projection test', what: 'events from the store' }]);
      await rig.runFor(1);
      expect(rig.store?.asked).toBe(1);
    }
    (rig.store as HeldStore).isPrompt = true;
    rig.store?.answer();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual(upTo(20));
    expect([projection.sample(20).recovered, rig.waits.size]).toEqual([15, 0]);
  });

  it('takes events that could not be stored as they come: they have no place in the order', async () => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1 } });
    (rig.store as HeldStore).isPrompt = true;
    const { projection, given } = rig.openOne();
    void rig.publish();
    void rig.offer({ id: 0, text: 'unstored', type: '', key: null, class: 1, flow: '', createdAtMs: 0 });
    void rig.publish();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual([1, 0, 2]);
    expect(projection.sample(2)).toEqual({ lag: 0, processed: 3, missed: 0, recovered: 0 });
  });

  it.each(['fail,capacity=4', 'drop-oldest,capacity=64 + disconnect-lag,items=8', 'conn-limit,limit=1'])(
    '%s: given up by the bus, it comes back and reads what it missed',
    async (strategy) => {
      const rig = new Rig({ strategy, settings: { serviceTimeMs: 1 } });
      (rig.store as HeldStore).isPrompt = true;
      const booked = vi.spyOn(rig.bus, 'book');
      const opened = [rig.openOne(), rig.openOne()];
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 20; i++) void rig.publish();
        await rig.runFor(100);
      }
      // Each burst was too much for it, not the first one alone.
      expect(rig.bus.opened).toBeGreaterThanOrEqual(strategy.startsWith('conn-limit') ? 3 : 2 + 2 * 3);
      const recovered = opened.map(({ projection }) => projection.sample(60).recovered);
      for (let i = 0; i < 20; i++) {
        void rig.publish();
        await rig.runFor(10);
      }
      for (const { projection, given } of opened) {
        expect(idsOf(given)).toEqual(upTo(80));
        expect(projection.sample(80).lag).toBe(0);
      }
      expect(Math.min(...recovered.slice(1))).toBeGreaterThan(0);
      // In calm it lives by the bus again, but for the one that is not let in.
      const isRefused = strategy.startsWith('conn-limit');
      expect(opened.map(({ projection }) => projection.sample(80).recovered)).toEqual(
        recovered.map((count, i) => (isRefused && i === 1 ? count + 20 : count)),
      );
      for (const { projection } of opened) {
        const { missed, recovered: all } = projection.sample(80);
        expect(missed).toBe(all);
      }
      for (const { projection } of opened) projection.stop();
      expect(booked).toHaveBeenCalledTimes(rig.bus.opened);
      const { ledger, depthItems } = rig.bus.sample();
      expect([ledger.unaccounted, ledger.queued, ledger.inFlight, depthItems]).toEqual([0, 0, 0, 0]);
    },
  );
});

describe('start', () => {
  it('takes in what is in the store already, at once and in order, and joins the bus without a gap', async () => {
    const store = new HeldStore();
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1 }, store });
    for (let i = 0; i < 10; i++) void rig.publish();
    const { projection, given } = rig.openOne();
    for (let i = 0; i < 10; i++) void rig.publish();
    for (const known of [3, 6, 9, 10]) {
      store.answer();
      await settle();
      expect(idsOf(given)).toEqual(upTo(known));
    }
    store.isPrompt = true;
    store.answer();
    await rig.runFor(100);
    expect(idsOf(given)).toEqual(upTo(20));
    expect(projection.sample(20)).toEqual({ lag: 0, processed: 10, missed: 6, recovered: 6 });
  });

  it('begins at what is still there', async () => {
    const store = new HeldStore();
    store.keepEvents = 5;
    const rig = new Rig({ settings: { onLag: 'skip' }, store });
    for (let i = 0; i < 10; i++) void rig.publish();
    const { projection, given } = rig.openOne();
    expect(projection.sample(10).lag).toBe(5);
    store.isPrompt = true;
    store.answer();
    await rig.runFor(1);
    expect(idsOf(given)).toEqual([6, 7, 8, 9, 10]);
    expect(projection.sample(10)).toEqual({ lag: 0, processed: 0, missed: 0, recovered: 0 });
  });
});

describe('end', () => {
  const open = (serviceTimeMs = 1) => {
    const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs } });
    return { rig, ...rig.openOne() };
  };
  const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
    let has = false;
    void promise.then(() => {
      has = true;
    });
    await settle();
    return has;
  };

  it('finish: works off what it was offered, what it missed included', async () => {
    const { rig, given, projection } = open();
    for (let i = 0; i < 20; i++) void rig.publish();
    const finished = projection.finish();
    (rig.store as HeldStore).isPrompt = true;
    await rig.runFor(19);
    expect(await isSettled(finished)).toBe(false);
    await rig.runFor(1);
    await finished;
    expect(idsOf(given)).toEqual(upTo(20));
    expect([rig.tasks.open, rig.clock.nextTimerNs, rig.waits.size]).toEqual([0, Number.POSITIVE_INFINITY, 0]);
    expect(rig.bus.sample().ledger).toMatchObject({
      offered: 20,
      delivered: 5,
      dropped: { lag: 15 },
      queued: 0,
    });
    expect(rig.bus.takeAccounts()).toEqual([]); // it is no client
  });

  it('finish: with nothing to do ends at once, twice as well', async () => {
    const { projection } = open();
    await Promise.all([projection.finish(), projection.finish()]);
    await projection.finish();
  });

  it.each([
    ['in the midst of an event', 0, false],
    ['while it reads', 1, false],
    ['while the store cannot be read', 1, true],
  ])('stop: %s leaves nothing behind, and ends a finish that is under way', async (_, ms, isBroken) => {
    const { rig, projection, given } = open();
    for (let i = 0; i < 20; i++) void rig.publish();
    await rig.runFor(ms);
    if (isBroken) rig.store?.answer(LOCKED);
    await settle();
    const finished = projection.finish();
    expect(await isSettled(finished)).toBe(false);
    projection.stop();
    projection.stop();
    await finished;
    const { offered, delivered, dropped, failed, queued, inFlight, unaccounted } = rig.bus.sample().ledger;
    expect({ offered, delivered, queued, inFlight, unaccounted }).toEqual({
      offered: 20,
      delivered: ms,
      queued: 0,
      inFlight: 0,
      unaccounted: 0,
    });
    expect([dropped['shutdown'], failed['shutdown']]).toEqual(ms === 0 ? [4, 1] : [3, 1]);
    expect([rig.tasks.open, rig.clock.nextTimerNs, rig.waits.size]).toEqual([0, Number.POSITIVE_INFINITY, 0]);
    rig.store?.answer(LOCKED);
    void rig.publish();
    await settle();
    expect(rig.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
    await rig.runFor(5000);
    expect(given).toHaveLength(ms);
    expect(projection.sample(20)).toMatchObject({ processed: ms, missed: 15 });
    expect(rig.bus.sample().ledger.offered).toBe(20);
  });

  it('stop: takes in nothing of before the start that is read after it', async () => {
    const rig = new Rig();
    for (let i = 0; i < 3; i++) void rig.publish();
    const { projection, given } = rig.openOne();
    projection.stop();
    rig.store?.answer();
    await settle();
    expect(given).toEqual([]);
  });

  it('stop: lets a publisher go that waits for room', async () => {
    const rig = new Rig({ strategy: 'block,capacity=4', settings: { serviceTimeMs: 1000 } });
    const projections = rig.openAll();
    for (let i = 0; i < 5; i++) void rig.publish();
    const waits = rig.publish();
    expect(waits).toBeInstanceOf(Promise);
    await rig.runFor(300);
    expect(rig.waits.sample()[0]).toMatchObject({
      who: 'publisher',
      what: 'room in sse.bus of projection todo_list',
      freedBy: ['projection todo_list'],
      boundary: 'sse.bus',
    });
    projections.abandon();
    await waits;
    expect(rig.waits.size).toBe(0);
  });
});
