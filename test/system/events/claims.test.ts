/** What is claimed of the noted system's event channel, with its numbers: one test per claim, in virtual time. */
import { describe, expect, it } from 'vitest';
import { sumReasons } from '../../../src/core/ledger.ts';
import { quantile, Rig } from './rig.ts';

const UPSTREAM_MS = 5;

describe('T-1 event-channel-stall', () => {
  it('fills the queue after 0.64 s of 600 events/s at 200/s, and then every request waits', async () => {
    const rig = new Rig();
    rig.atRate(300, 0, 5000, () => rig.request());
    await rig.runTo(5000);
    expect(rig.firstWaitMs).toBeGreaterThan(635);
    expect(rig.firstWaitMs).toBeLessThan(655);
    const { durations } = rig.sink.sample();
    expect(durations.upstreamMs.sumMs / durations.upstreamMs.count).toBeCloseTo(UPSTREAM_MS, 6);
    expect(quantile(rig.latenciesMs, 0.5)).toBeGreaterThan(100 * UPSTREAM_MS);
    // What the tool shows holds the wait before the start, and not the one after the end.
    const shownMs = durations.displayedMs.maxMs;
    expect(shownMs).toBeGreaterThan(UPSTREAM_MS + 500);
    expect(shownMs).toBeLessThan(durations.clientMs.maxMs - 500);
    await rig.finish();
  });

  it('makes 50 users wait N · e/μ = 0.5 s in the closed loop', async () => {
    const rig = new Rig();
    rig.closedLoop(50, 20_000);
    await rig.runTo(20_000);
    expect(quantile(rig.latenciesMs.slice(-500), 0.5)).toBeCloseTo(500, -1);
    await rig.finish();
  });
});

describe('T-2 buffer-only-delays', () => {
  it.each([
    [16, 40],
    [64, 160],
    [256, 640],
    [1024, 2560],
    [8192, 20_480],
  ])('capacity %i delays the first wait to %i ms', async (capacity, atMs) => {
    const rig = new Rig({ strategy: `block,capacity=${capacity},bytes=0` });
    rig.atRate(300, 0, atMs + 100, () => rig.request());
    await rig.runTo(atMs + 100);
    expect(Math.abs((rig.firstWaitMs as number) - atMs)).toBeLessThan(15);
    await rig.finish();
  });

  it('leaves the closed loop with the same p99, whatever the capacity', async () => {
    const p99: number[] = [];
    for (const capacity of [16, 64, 256, 1024, 8192]) {
      const rig = new Rig({ strategy: `block,capacity=${capacity},bytes=0` });
      rig.closedLoop(50, 60_000);
      await rig.runTo(60_000);
      p99.push(quantile(rig.latenciesMs.slice(-1000), 0.99));
      await rig.finish();
    }
    expect(Math.max(...p99) - Math.min(...p99)).toBeLessThan(10);
    expect(Math.abs((p99[0] as number) - 500)).toBeLessThan(20);
  });
});

describe('T-3 burst-absorbed', () => {
  it('has no wait for 200 events at once, and about 140 for 400', async () => {
    const rig = new Rig();
    for (let i = 0; i < 100; i++) void rig.request();
    await rig.runTo(5000);
    expect(rig.events.pressureEvents).toBe(0);
    for (let i = 0; i < 200; i++) void rig.request();
    await rig.runTo(15_000);
    expect(rig.events.pressureEvents).toBeGreaterThan(130);
    expect(rig.events.pressureEvents).toBeLessThan(150);
    expect(rig.sink.integrity).toMatchObject({ complete: 300, pendingForever: 0 });
    await rig.finish();
  });
});

describe('T-4 freeze-pauses', () => {
  const freeze = { freezeMs: 500, freezeEveryMs: 5000 };

  it('stalls for up to freeze − C/rate = 73 ms at 600 events/s and 1 ms each', async () => {
    const rig = new Rig({ consumer: { serviceTimeMs: 1, ...freeze } });
    rig.atRate(300, 0, 20_000, () => rig.request());
    await rig.runTo(20_000);
    expect(rig.waitsMs.length).toBeGreaterThan(0);
    expect(Math.max(...rig.waitsMs)).toBeGreaterThan(65);
    expect(Math.max(...rig.waitsMs)).toBeLessThan(78);
    await rig.finish();
  });

  it('does not stall at 150 events/s and 5 ms each', async () => {
    const rig = new Rig({ consumer: { serviceTimeMs: 5, ...freeze } });
    rig.atRate(75, 0, 20_000, () => rig.request());
    await rig.runTo(20_000);
    expect(rig.waitsMs).toEqual([]);
    await rig.finish();
  });

  it('is cured by a relay with room for rate · freeze', async () => {
    const rig = new Rig({
      strategy: 'relay,capacity=300 + block',
      consumer: { serviceTimeMs: 1, ...freeze },
    });
    rig.atRate(300, 0, 20_000, () => rig.request());
    await rig.runTo(20_000);
    expect(rig.waitsMs).toEqual([]);
    await rig.finish();
  });
});

describe('T-8 drop-noncritical', () => {
  it.each([
    ['evict-lowest-priority', 'event'],
    ['reserve', 'event'],
    ['drop-newest', 'request'],
  ] as const)(
    '%s, by %s: requests never wait, 400 events/s are lost, none of them critical',
    async (strategy, dropBy) => {
      const rig = new Rig({ strategy, lifecycle: { dropBy } });
      rig.atRate(300, 0, 12_000, () => rig.request());
      await rig.runTo(2000);
      const before = sumReasons(rig.events.sample().ledger.dropped);
      await rig.runTo(12_000);
      const dropped = sumReasons(rig.events.sample().ledger.dropped) - before;
      expect(dropped / 10).toBeGreaterThan(395);
      expect(dropped / 10).toBeLessThan(405);
      expect(rig.droppedByClass[0] ?? 0).toBe(0);
      expect(rig.waitsMs).toEqual([]);
      expect(quantile(rig.latenciesMs, 0.99)).toBeCloseTo(UPSTREAM_MS, 6);
      await rig.finish();
    },
  );
});

describe('T-9 drop-leaves-pending', () => {
  async function flood(strategy: string, dropBy: 'event' | 'request') {
    const rig = new Rig({ strategy, lifecycle: { dropBy } });
    // Upstreams of many speeds: equal ones fall in step with the consumer, and always the same half is lost.
    rig.atRate(300, 0, 5000, (index) => rig.request(1 + ((index * 7) % 23)));
    await rig.runTo(20_000);
    const { screen } = rig.sink.sample();
    const ticksBefore = screen.ticks;
    await rig.runTo(30_000);
    const after = rig.sink.sample().screen;
    const { ledger } = rig.events.sample();
    const integrity = rig.sink.integrity;
    await rig.finish();
    return { pending: after.pending, ticking: after.ticks > ticksBefore, ledger, ...integrity };
  }

  it.each(['drop-newest', 'drop-oldest'])(
    '%s by event leaves rows pending, and redraws for ever',
    async (strategy) => {
      const { pending, ticking, pendingForever, ledger } = await flood(strategy, 'event');
      expect(pendingForever).toBeGreaterThan(100);
      expect(pending).toBeGreaterThan(0);
      expect(ticking).toBe(true);
      expect(ledger).toMatchObject({ queued: 0, unaccounted: 0 });
    },
  );

  it.each(['drop-newest', 'drop-oldest'])('%s by request leaves none', async (strategy) => {
    const { pending, ticking, pendingForever, complete, summaryOnly, unseen, ledger } = await flood(
      strategy,
      'request',
    );
    expect({ pending, ticking, pendingForever, summaryOnly }).toEqual({
      pending: 0,
      ticking: false,
      pendingForever: 0,
      summaryOnly: 0,
    });
    expect(complete + unseen).toBe(1500);
    expect(complete).toBeGreaterThan(400); // as many as the consumer takes in 5 s, two events each
    expect(ledger.dropped).toEqual({ request: 2 * unseen });
    expect(ledger.unaccounted).toBe(0);
  });

  it('coalesce by request leaves none that it did not lose: the end takes the place of its start', async () => {
    const rig = new Rig({ strategy: 'coalesce,capacity=2000' });
    rig.atRate(300, 0, 5000, () => rig.request());
    await rig.runTo(60_000);
    expect(rig.sink.integrity).toMatchObject({ pendingForever: 0, unseen: 0 });
    expect(rig.sink.integrity.summaryOnly).toBeGreaterThan(500);
    await rig.finish();
  });
});

describe('T-10 relay-decouples', () => {
  it('relay + block waits once (bound + 256)/400 s are over', async () => {
    const rig = new Rig({ strategy: 'relay,capacity=400 + block' });
    rig.atRate(300, 0, 4000, () => rig.request());
    await rig.runTo(4000);
    expect(Math.abs((rig.firstWaitMs as number) - ((400 + 256) / 400) * 1000)).toBeLessThan(20);
    await rig.finish();
  });

  it('relay + drop-newest never waits', async () => {
    const rig = new Rig({ strategy: 'relay,capacity=400 + drop-newest' });
    rig.atRate(300, 0, 20_000, () => rig.request());
    await rig.runTo(20_000);
    expect(rig.waitsMs).toEqual([]);
    expect(sumReasons(rig.events.sample().ledger.dropped)).toBeGreaterThan(6000);
    await rig.finish();
  });
});

describe('T-11 coalesce-repeats', () => {
  it.each(['merge', 'tumble-count,window=100ms + drop-newest', 'tumble-count,window=1s + drop-newest'])(
    '%s shows a warning with its count, and the counts sum to what was told',
    async (strategy) => {
      const rig = new Rig({ strategy });
      rig.atRate(1000, 0, 10_000, (index) => rig.send(rig.sink.warn(`odd request ${index % 3}`)));
      await rig.runTo(20_000);
      const { told, screen } = rig.sink.sample();
      const { ledger } = rig.events.sample();
      expect(told.warn).toBe(10_000);
      expect(screen.represented).toBe(10_000);
      expect(screen.received.warn).toBe(ledger.delivered);
      expect(ledger.delivered + (ledger.coalesced['merge'] ?? 0)).toBe(10_000);
      expect(ledger.delivered).toBeLessThan(10_000 / 4);
      expect(rig.waitsMs).toEqual([]);
      await rig.finish();
    },
  );

  it.each([
    [100, 10],
    [1000, 1],
  ])('counters each %i ms instead of two events per request', async (windowMs, perSec) => {
    const rig = new Rig({
      strategy: `tumble-count,window=${windowMs}ms + drop-newest`,
      requests: 'counters',
    });
    rig.atRate(300, 0, 10_000, () => rig.request());
    await rig.runTo(15_000);
    const { screen, durations } = rig.sink.sample();
    expect(screen.counted).toEqual({ started: 3000, finished: 3000, failed: 0 });
    expect(screen.represented).toBe(6000);
    expect(screen.received.counters).toBeLessThanOrEqual(10 * perSec + 1);
    expect(screen.received.counters).toBeGreaterThanOrEqual(10 * perSec);
    expect(durations.clientMs.maxMs).toBeCloseTo(UPSTREAM_MS, 6);
    await rig.finish();
  });
});

describe('T-12 pressure-visible', () => {
  it('has depth, blocked time, drops and coalesced events in its samples', async () => {
    const stalled = new Rig();
    stalled.atRate(300, 0, 3000, () => stalled.request());
    await stalled.runTo(3000);
    const pressed = stalled.events.sample();
    expect(pressed.depthItems).toBe(256);
    expect(pressed.waiters).toBeGreaterThan(100);
    expect(pressed.blockedMs).toBeGreaterThan(1000);
    await stalled.finish();
    const shedding = new Rig({ strategy: 'evict-lowest-priority' });
    shedding.atRate(300, 0, 3000, () => shedding.request());
    await shedding.runTo(3000);
    expect(shedding.sink.sample().dropped['request-started']).toBeGreaterThan(300);
    await shedding.finish();
  });
});

describe('T-13 chatty-child', () => {
  async function chat(options: ConstructorParameters<typeof Rig>[0]) {
    const rig = new Rig(options);
    let lines = 0;
    let pausedMs = 0;
    // As its reader does: the next line once the last is told, at most 10,000 per second.
    void (async () => {
      while (rig.nowMs < 10_000) {
        const sinceMs = rig.nowMs;
        const told = rig.sink.tell('process-stdout', { text: `line ${lines++}`, pid: 1 });
        if (told !== undefined) await told;
        pausedMs += rig.nowMs - sinceMs;
        if (lines % 10 === 0) await rig.sleep(1);
      }
    })();
    rig.atRate(5, 0, 10_000, () => rig.request());
    await rig.runTo(10_000);
    const p50 = quantile(rig.latenciesMs, 0.5);
    await rig.finish();
    return { p50, pausedMs };
  }

  it('makes each send of a request wait for its place behind the lines, and then waits itself', async () => {
    const { p50, pausedMs } = await chat({});
    expect(p50).toBeGreaterThan(UPSTREAM_MS + 2 * 4);
    expect(pausedMs).toBeGreaterThan(9000);
  });

  it('is cured by a queue of its own for output, which then waits alone', async () => {
    const { p50, pausedMs } = await chat({ output: 'block' });
    expect(p50).toBeCloseTo(UPSTREAM_MS, 6);
    expect(pausedMs).toBeGreaterThan(9000);
  });

  it('is cured by dropping lines', async () => {
    const { p50, pausedMs } = await chat({ strategy: 'evict-lowest-priority' });
    expect(p50).toBeCloseTo(UPSTREAM_MS, 6);
    expect(pausedMs).toBe(0);
  });
});

describe('T-14 tick-storm', () => {
  /** 256 events while one request is pending; answers how long they took, and what it is like afterwards. */
  async function storm(ticks: 'one' | 'per-event') {
    const rig = new Rig({
      strategy: 'block,capacity=512',
      consumer: { serviceTimeMs: 1, ticks, tickCostMs: 1 },
    });
    const story = rig.sink.begin({
      kind: 'request',
      method: 'GET',
      url: '/slow',
      rawHeaders: [],
    });
    story.start();
    for (let i = 1; i < 256; i++) rig.sink.warn(`warning ${i}`);
    while (rig.events.sample().ledger.delivered < 256) await rig.runTo(rig.nowMs + 1);
    const tookMs = rig.nowMs;
    const { chains } = rig.sink.sample().screen;
    await rig.runTo(tookMs + 5000);
    const stillChains = rig.sink.sample().screen.chains;
    story.finish(200);
    await rig.runTo(rig.nowMs + 5000);
    const after = rig.sink.sample().screen;
    await rig.finish();
    return { tookMs, chains, stillChains, pending: after.pending, chainsAfter: after.chains };
  }

  it('takes c · n²/2 = 33 s for 256 events, and recovers only when nothing is pending', async () => {
    const { tookMs, chains, stillChains, pending, chainsAfter } = await storm('per-event');
    expect(tookMs).toBeGreaterThan(0.8 * 32_768);
    expect(tookMs).toBeLessThan(1.1 * 32_768);
    expect({ chains, stillChains, pending, chainsAfter }).toEqual({
      chains: 256,
      stillChains: 256,
      pending: 0,
      chainsAfter: 0,
    });
  });

  it('is cured by one chain', async () => {
    const { tookMs, chains, chainsAfter } = await storm('one');
    expect(tookMs).toBeLessThan(300);
    expect({ chains, chainsAfter }).toEqual({ chains: 1, chainsAfter: 0 });
  });
});

describe('T-15 preview-memory', () => {
  const PREVIEW_BYTES = 64 * 1024;

  /** Starts are shown, then the consumer stands still, and 300 requests with large bodies end. */
  async function pile(strategy: string, dropBy: 'event' | 'request' = 'event') {
    const rig = new Rig({
      strategy,
      consumer: { serviceTimeMs: 0, freezeMs: 10_000, freezeEveryMs: 20_000 },
      lifecycle: { previewBytes: PREVIEW_BYTES, dropBy },
    });
    const body = Buffer.alloc(100_000, 'x');
    const stories = Array.from({ length: 250 }, () =>
      rig.sink.begin({ kind: 'request', method: 'POST', url: '/', rawHeaders: [] }),
    );
    for (const story of stories) {
      story.start();
      story.requestBody('application/json')?.add(body);
      story.responseBody('text/html')?.add(body);
    }
    await rig.runTo(20_500);
    for (const story of stories) void rig.send(story.finish(200));
    await rig.runTo(20_600);
    const sample = rig.events.sample();
    await rig.runTo(60_000);
    const { screen, previewsCut } = rig.sink.sample();
    const integrity = rig.sink.integrity;
    await rig.finish();
    return { sample, screen, previewsCut, ...integrity };
  }

  it('holds 128 KiB for each of 250 ends in the queue, and as much on the screen', async () => {
    const { sample, screen } = await pile('block,bytes=0');
    expect(sample.depthItems).toBe(249); // and one is in service
    expect(sample.bytes / 249).toBeGreaterThan(128 * 1024);
    expect(sample.bytes / 249).toBeLessThan(129 * 1024);
    expect(screen.bytes).toBeGreaterThan(250 * 128 * 1024);
  });

  it('is cured by a bound in bytes, at the price of waiting', async () => {
    const { sample } = await pile('block,bytes=1MiB');
    expect(sample.bytes).toBeLessThanOrEqual(1024 ** 2);
    expect(sample.waiters).toBe(249 - sample.depthItems);
  });

  it('is cured by queueing metadata alone where there is no room, and then every end is shown', async () => {
    const { sample, previewsCut, complete, pendingForever } = await pile('drop-newest,bytes=1MiB', 'request');
    expect(sample.bytes).toBeLessThanOrEqual(1024 ** 2);
    expect(previewsCut).toBeGreaterThan(200);
    expect({ complete, pendingForever }).toEqual({ complete: 239, pendingForever: 0 });
  });
});
