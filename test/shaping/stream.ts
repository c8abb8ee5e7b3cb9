/** A channel with shapers in virtual time, and what comes out of it when. */
import { type Clock, createVirtualClock, NS_PER_MS, type VirtualClock } from '../../src/core/clock.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { Key } from '../../src/system/channel/entry.ts';
import type { ChannelStages } from '../../src/system/channel/stages.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import type { ShapingDefinition } from '../../src/system/shaping/shaper.ts';
import { defaultsOf, type Params } from '../../src/system/strategies/definition.ts';
import { MemoryFiles } from '../overflow/memory-files.ts';

export interface Item {
  readonly id: number;
  readonly key: Key;
  /** What `merge` adds up. */
  readonly count: number;
  readonly value: number;
  readonly bytes: number;
}

export function makeItem(id: number, key: Key = 'a', more: Partial<Item> = {}): Item {
  return { id, key, count: 1, value: id, bytes: 0, ...more };
}

/** The stages that a definition with these values stands for; the rest are its defaults. */
export function stagesOf(definition: ShapingDefinition, values: Params = {}): ChannelStages<Item> {
  const params = { ...defaultsOf(definition), ...values };
  const shaper = definition.create?.<Item>(params);
  const gate = definition.createGate?.<Item>(params);
  return { ...(shaper === undefined ? {} : { shapers: [shaper] }), ...(gate === undefined ? {} : { gate }) };
}

export interface Output {
  readonly atMs: number;
  readonly item: Item;
}

export class Stream {
  readonly clock: VirtualClock = createVirtualClock();
  readonly channel: Channel<Item>;
  readonly outputs: Output[] = [];
  readonly ends: string[] = [];
  /** By how much the channel's clock goes after the true time; above what has passed, it goes back. */
  lagMs = 0;
  /** By how much timers that are set from now on fire too late. */
  timerLateMs = 0;

  constructor(stages: ChannelStages<Item>, options: Partial<ChannelOptions<Item>> = {}) {
    const clock: Clock = {
      nowNs: () => this.clock.nowNs() - this.lagMs * NS_PER_MS,
      setTimer: (atNs, onTime) =>
        this.clock.setTimer(atNs + (this.lagMs + this.timerLateMs) * NS_PER_MS, onTime),
    };
    this.channel = createChannel<Item>({
      overflow: OVERFLOW_POLICIES.unbounded,
      clock,
      stages,
      capacityBytes: 0,
      sizeOf: ({ bytes }) => bytes,
      keyOf: ({ key }) => key,
      isSame: (a, b) => a.value === b.value,
      merge: (older, newer) => ({ ...newer, count: older.count + newer.count }),
      spill: {
        directory: '/spill',
        encode: (item) => Buffer.from(JSON.stringify(item)),
        decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Item,
        files: new MemoryFiles(),
      },
      onEnd: ({ id }, end) => {
        if (end !== 'delivered') this.ends.push(`${id} ${end}`);
      },
      ...options,
    });
  }

  get nowMs(): number {
    return this.clock.nowNs() / NS_PER_MS;
  }

  /** Offers at `atMs`, after everything that was due until then has come out. */
  offerAt(atMs: number, ...items: readonly Item[]): void {
    this.runUntil(atMs);
    for (const item of items) {
      void this.channel.offer(item);
      this.drain();
    }
  }

  /** Lets time pass, timer by timer, and takes what comes out at each. */
  runUntil(atMs: number): void {
    const untilNs = Math.round(atMs * NS_PER_MS);
    while (this.clock.nextTimerNs <= untilNs) {
      this.clock.advanceTo(this.clock.nextTimerNs);
      this.drain();
    }
    this.clock.advanceTo(untilNs);
    this.drain();
  }

  drain(): void {
    for (let item = this.channel.tryTake(); item !== undefined; item = this.channel.tryTake()) {
      this.outputs.push({ atMs: this.nowMs, item });
      this.channel.delivered(item);
    }
  }

  /** Ids by the time they came out, such as `300:3,7`. */
  get trace(): string {
    const byTime = new Map<number, number[]>();
    for (const { atMs, item } of this.outputs) {
      const ids = byTime.get(atMs);
      if (ids === undefined) byTime.set(atMs, [item.id]);
      else ids.push(item.id);
    }
    return [...byTime].map(([atMs, ids]) => `${atMs}:${ids.join()}`).join(' ');
  }
}
