/** One subscription on a real ring, with a client that takes one event at a time: every step is the test's. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS, type SseSettings } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import type { OfferOutcome } from '../../../src/system/channel/channel.ts';
import { type FeedEvent, PLAIN_EVENT } from '../../../src/system/event.ts';
import { MemoryBudget } from '../../../src/system/resources/memory-budget.ts';
import { WaitGraph } from '../../../src/system/resources/wait-graph.ts';
import { Bus } from '../../../src/system/sse/bus.ts';
import { encodeSseEvent } from '../../../src/system/sse/encode.ts';
import { type BusEvent, FrameMaker } from '../../../src/system/sse/frames.ts';
import type { Notice } from '../../../src/system/sse/notices.ts';
import { SseCounts } from '../../../src/system/sse/sse-counts.ts';
import { Subscription } from '../../../src/system/sse/subscription.ts';
import type { SubscriptionTarget } from '../../../src/system/sse/subscription-target.ts';
import type { EventStore } from '../../../src/system/store/store.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import { StrictSseReader } from '../../helpers/strict-sse.ts';

/** Everything that waits for nothing but its turn has had it. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** The contract of the event store, as far as it is read. */
function storeOf(events: readonly FeedEvent[]): EventStore {
  const headId = events.at(-1)?.id ?? 0;
  const unused = () => Promise.reject(new Error('not asked here'));
  return {
    headId,
    oldestId: 1,
    append: unused,
    read: (afterId, untilId, limit) =>
      Promise.resolve(events.filter(({ id }) => id > afterId && id <= untilId).slice(0, limit)),
    readLatest: unused,
    sample: () => {
      throw new Error('not asked here');
    },
    close: () => Promise.resolve(),
  };
}

/** Takes an event only when the test says so; what is offered meanwhile waits. */
class SteppedClient implements SubscriptionTarget {
  blocks = true;
  hasRoom = true;
  onOffer: (id: number) => void = () => {};
  freeRoom: () => void = () => {};
  isOpen = true;
  isEnded = false;
  readonly ids: number[] = [];
  readonly notices: Notice[] = [];
  #waiting: (() => void) | undefined;

  offer(frame: BusEvent): OfferOutcome | Promise<OfferOutcome> {
    this.onOffer(frame.id);
    if (!this.blocks) {
      this.ids.push(frame.id);
      return 'queued';
    }
    return new Promise((resolve) => {
      this.#waiting = () => {
        this.ids.push(frame.id);
        resolve('queued');
      };
    });
  }

  /** Takes what waits; false for nothing. */
  async step(): Promise<boolean> {
    const take = this.#waiting;
    this.#waiting = undefined;
    take?.();
    await settled();
    return take !== undefined;
  }

  announce(notice: Notice): boolean {
    this.notices.push(notice);
    return true;
  }

  hasRoomFor(): boolean {
    return this.hasRoom;
  }

  whenRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.freeRoom = resolve;
    });
  }

  orGone<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  cut(): void {
    this.isOpen = false;
  }

  endSilently(): void {
    this.isEnded = true;
  }

  get told(): { type: string; data: string }[] {
    const reader = new StrictSseReader();
    for (const { wire } of this.notices) reader.push(wire);
    return reader.events.map(({ type, data }) => ({ type, data }));
  }
}

function createRig(
  onLag: SseSettings['onLag'],
  bus = 'ring-lag,capacity=4',
  stored: readonly FeedEvent[] = [],
) {
  const clock = createVirtualClock();
  const settings: SseSettings = { ...DEFAULT_SYSTEM_SETTINGS.sse, onLag };
  const frames = new FrameMaker(settings, clock);
  const waits = new WaitGraph(clock);
  const budget = new MemoryBudget(null);
  const boundary = new Boundary<BusEvent>({
    name: 'sse.bus',
    strategy: parseStrategy(bus, 'sse.bus'),
    clock,
    random: createRandom(1, 'test'),
  });
  const line = new Bus(boundary, budget, waits);
  const counts = new SseCounts();
  const client = new SteppedClient();
  let lastId = 0;
  const states = {
    snapshot: () => ({ id: lastId, wire: encodeSseEvent(lastId, '{}', 'snapshot') }),
  };
  const subscription = new Subscription(
    client,
    {
      settings,
      store: stored.length > 0 ? storeOf(stored) : null,
      frames,
      states,
      counts,
      waits,
      clock,
      budget,
    },
    { who: 'sse 1 forwarder', what: 'room', freedBy: [], boundary: 'sse.client' },
  );
  const follower = line.open({
    name: 'sse 1 forwarder',
    accept: (item) => subscription.accept(item),
    onEmpty: () => subscription.caughtUp(),
    onDisconnect: () => {},
  });
  subscription.join(0, 0, () => follower.countLost());
  const publish = (count: number, key: string | null = null) => {
    for (let i = 0; i < count; i++) {
      lastId++;
      line.publish(frames.live({ ...PLAIN_EVENT, text: `${lastId}`, key, id: lastId, createdAtMs: 0 }, true));
    }
  };
  /** Ids that were given before. */
  const skip = (count: number) => {
    lastId += count;
    subscription.join(0, lastId, () => follower.countLost());
  };
  return { skip, clock, client, counts, publish, subscription, follower, budget };
}

describe('an episode of lags', () => {
  /** Lapped at every step: three published for each one taken. */
  async function stayBehind(onLag: SseSettings['onLag']) {
    const rig = createRig(onLag);
    rig.publish(12);
    for (let i = 0; i < 20; i++) {
      await rig.client.step();
      rig.publish(3);
    }
    return rig;
  }

  it('is one reload, although the ring laps again and again', async () => {
    const { counts, client } = await stayBehind('reload');
    expect(counts.lags).toBeGreaterThan(10);
    expect(client.told).toEqual([{ type: 'reload', data: '{}' }]);
  });

  it('ends when the client is abreast of the bus, and the next one is another', async () => {
    const { client, publish, counts } = await stayBehind('stale');
    while (await client.step());
    expect(client.told).toHaveLength(1);
    publish(12);
    while (await client.step());
    expect(client.told.map(({ type }) => type)).toEqual(['stale', 'stale']);
    expect(counts.staleMarks).toBe(2);
    const { from, to, missed } = JSON.parse(client.told[1]?.data as string) as Record<
      'from' | 'to' | 'missed',
      number
    >;
    expect(missed).toBe(to - from + 1);
    expect(client.ids).not.toContain(from);
    expect(client.ids).toContain(to + 1);
  });

  it('is one state in five seconds, and one more that was owed', async () => {
    const rig = await stayBehind('snapshot');
    expect(rig.client.told.map(({ type }) => type)).toEqual(['snapshot']);
    while (await rig.client.step());
    rig.subscription.tick();
    expect(rig.client.told).toHaveLength(1);
    rig.clock.advanceNs(5000 * NS_PER_MS);
    rig.subscription.tick();
    rig.subscription.tick();
    // What came last has been sent event by event, so a state may be of no use any more.
    expect(rig.client.told.length).toBeLessThanOrEqual(2);
    expect(Math.max(...rig.client.ids, ...rig.client.notices.map(({ toId }) => toId))).toBe(72);
  });

  it('counts what was missed exactly', async () => {
    const { client, counts, follower } = await stayBehind('ignore');
    while (await client.step());
    const missing = 72 - client.ids.length;
    expect(counts.missed).toBe(missing);
    expect(follower.countLost()).toBe(missing);
    expect(follower.channel.ledger()).toMatchObject({ offered: 72, delivered: 72 - missing, unaccounted: 0 });
  });

  it('is none where the strategy merges by itself', async () => {
    const rig = createRig('reload', 'coalesce,capacity=4');
    rig.publish(12, 'same');
    while (await rig.client.step());
    expect(rig.client.ids).toEqual([1, 12]);
    expect(rig.counts.lags).toBe(0);
    expect(rig.client.told).toEqual([]);
  });
});

describe('catching up', () => {
  it('waits for room for live events too, and no longer once it is abreast of the bus', async () => {
    const stored = [1, 2].map((id) => ({ ...PLAIN_EVENT, text: `${id}`, id, createdAtMs: 0 }));
    const rig = createRig('replay', 'ring-lag,capacity=16', stored);
    const { client } = rig;
    client.blocks = false;
    client.onOffer = (id) => {
      if (id === 2) client.hasRoom = false;
    };
    rig.skip(2);
    const resumed = rig.subscription.resume(0);
    rig.publish(3);
    await resumed;
    await settled();
    expect(client.ids).toEqual([1, 2]);
    client.hasRoom = true;
    client.freeRoom();
    await settled();
    expect(client.ids).toEqual([1, 2, 3, 4, 5]);
    client.hasRoom = false;
    rig.publish(1);
    expect(client.ids.at(-1)).toBe(6); // what becomes of it is for the queue's strategy to say
  });
});

describe('memory of the bus', () => {
  it('is taken from the budget while somebody has yet to take it', async () => {
    const rig = createRig('ignore');
    rig.publish(4);
    expect(rig.budget.usedBytes).toBeGreaterThan(0);
    while (await rig.client.step());
    rig.publish(0);
    expect(rig.follower.channel.depthItems).toBe(0);
  });
});
