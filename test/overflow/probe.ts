/** One channel under one policy, with everything that can be seen of it, and the contract checked at each step. */
import { createVirtualClock, NS_PER_MS } from '../../src/core/clock.ts';
import { findUnaccounted, sumReasons } from '../../src/core/ledger.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { MemoryFiles } from './memory-files.ts';

export interface Item {
  readonly id: number;
  /** Of a merged item: all its parts. */
  readonly label: string;
  readonly bytes: number;
  readonly class: number;
  readonly key: string;
  readonly flow: string;
}

export function makeItem(id: number, facts: Partial<Item> = {}): Item {
  return { id, label: String(id), bytes: 0, class: 1, key: '', flow: '', ...facts };
}

/** Both in one; keeps the number of the older, so that every number ends once. */
export function mergeItems(older: Item, newer: Item): Item {
  return { ...older, label: `${older.label}+${newer.label}`, bytes: older.bytes + newer.bytes };
}

/** Reasons of the channel itself, whatever its policy. */
const OWN_REASONS = ['too_large', 'closed', 'cancelled', 'shutdown', 'sink'];
/** Ends of an offer that are no choice of what to lose: of a line without bound, or of a host without memory. */
const NO_DROPS = [...OWN_REASONS, 'waiters_full', 'oom_guard'];

export class Probe {
  readonly clock = createVirtualClock();
  readonly files = new MemoryFiles();
  readonly channel: Channel<Item>;
  readonly policy: OverflowPolicy;
  readonly delivered: Item[] = [];
  readonly ends: [item: Item, end: ItemEnd, reason: string][] = [];
  readonly outcomes = new Map<number, string>();
  readonly flying: Item[] = [];
  readonly offered: Item[] = [];
  readonly aborts: AbortController[] = [];
  /** Reasons and effects that were seen. */
  readonly reasons = new Set<string>();
  readonly effects = new Set<string>();
  disconnected: string | undefined;

  constructor(policy: OverflowPolicy, options: Partial<ChannelOptions<Item>> = {}) {
    this.policy = policy;
    this.channel = createChannel<Item>({
      overflow: policy,
      clock: this.clock,
      perItemOverheadBytes: 0,
      capacityItems: 3,
      capacityBytes: 0,
      sizeOf: (item) => item.bytes,
      classOf: (item) => item.class,
      keyOf: (item) => item.key,
      flowOf: (item) => item.flow,
      merge: mergeItems,
      onEnd: (item, end, reason) => this.ends.push([item, end, reason]),
      onDisconnect: (reason) => {
        this.disconnected = reason;
      },
      spill: {
        directory: '/spill',
        encode: (item) => Buffer.from(JSON.stringify(item)),
        decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Item,
        files: this.files,
      },
      ...options,
    });
  }

  /** Answers at once what the channel did, or `waits`. */
  offer(item: Item, abortable = false): string {
    const abort = abortable ? new AbortController() : undefined;
    if (abort !== undefined) this.aborts.push(abort);
    this.offered.push(item);
    const outcome = this.channel.offer(item, abort?.signal);
    if (typeof outcome === 'string') {
      this.outcomes.set(item.id, outcome);
      return outcome;
    }
    this.effects.add('holdsProducer');
    outcome.then((settled) => this.outcomes.set(item.id, settled));
    return 'waits';
  }

  take(): Item | undefined {
    const item = this.channel.tryTake();
    if (item === undefined) return undefined;
    this.flying.push(item);
    this.delivered.push(item);
    return item;
  }

  land(how: 'delivered' | 'failed'): void {
    const item = this.flying.shift();
    if (item === undefined) return;
    if (how === 'delivered') this.channel.delivered(item);
    else this.channel.failed(item, 'sink');
  }

  advanceMs(ms: number): void {
    this.clock.advanceNs(ms * NS_PER_MS);
  }

  /** Takes and delivers everything there is. */
  drain(): void {
    while (this.take() !== undefined) this.land('delivered');
    while (this.flying.length > 0) this.land('delivered');
  }

  /** Throws what the contract does not allow. */
  check(): void {
    const { channel, policy } = this;
    const ledger = channel.ledger();
    expectThat('P1 conservation', ledger.unaccounted === 0 && findUnaccounted(ledger) === 0, ledger);
    const gauges = [
      channel.depthItems,
      channel.bytes,
      channel.waiters,
      channel.spilledItems,
      channel.inFlightBytes,
    ];
    expectThat('P1 no gauge below zero', Math.min(...gauges) >= 0, gauges);
    expectThat('P2 items within capacity', channel.depthItems <= channel.capacityItems, gauges);
    const limitBytes = channel.capacityBytes || Number.POSITIVE_INFINITY;
    expectThat('P2 bytes within capacity', channel.bytes <= limitBytes, gauges);
    if (ledger.spilled > 0) this.effects.add('serialises');
    if (this.disconnected !== undefined) this.effects.add('disconnects');
    if (sumReasons(ledger.coalesced) > 0) this.effects.add('coalesces');
    for (const column of [ledger.dropped, ledger.coalesced, ledger.failed]) {
      for (const reason of Object.keys(column)) {
        if (!OWN_REASONS.includes(reason)) this.reasons.add(reason);
        const isDeclared = OWN_REASONS.includes(reason) || policy.reasons.includes(reason);
        expectThat('P4 a declared reason', isDeclared, reason);
      }
    }
    const [, end, reason] = this.ends.at(-1) ?? [];
    if (end === 'dropped' && !NO_DROPS.includes(reason ?? '')) this.effects.add('drops');
    for (const effect of this.effects) {
      if (effect === 'reorders') continue;
      expectThat('a declared effect', (policy.effects as Record<string, unknown>)[effect] === true, effect);
    }
    expectThat('P15 nobody waits at an empty queue', channel.waiters === 0 || channel.depthItems > 0, gauges);
    this.checkOrder();
    const ended = new Set(this.ends.map(([item]) => item.id));
    expectThat('one end for each item', ended.size === this.ends.length, this.ends);
  }

  /** After close and drain, or discard: nothing is left, and everything has ended. */
  checkFinished(): void {
    this.check();
    const { queued, inFlight, blocked, spilled, offered, dropped } = this.channel.ledger();
    expectThat('nothing is left', queued + inFlight + blocked + spilled === 0, this.channel.ledger());
    const unread =
      (dropped['disk_full'] ?? 0) - this.ends.filter(([, , reason]) => reason === 'disk_full').length;
    expectThat('every item has ended', this.ends.length + unread === offered, this.ends);
    expectThat('every offer is answered', this.outcomes.size === this.offered.length, [...this.outcomes]);
    if (this.channel.closed)
      expectThat('no file is left', this.files.byPath.size === 0, [...this.files.byPath]);
    expectThat(
      'no timer is left',
      !this.channel.closed || this.clock.nextTimerNs === Number.POSITIVE_INFINITY,
      0,
    );
  }

  /** `P6`: an item leaves before an older one only where that is declared. */
  private checkOrder(): void {
    const reorders = this.policy.effects.reorders ?? 'never';
    const last = this.delivered.length - 1;
    const newer = this.delivered[last];
    if (newer === undefined || reorders === 'always') return;
    for (let i = 0; i < last; i++) {
      const before = this.delivered[i] as Item;
      if (newestPart(before) < newestPart(newer)) continue;
      const isAllowed =
        (reorders === 'across-keys' && before.key !== newer.key) ||
        (reorders === 'across-flows' && before.flow !== newer.flow);
      expectThat('P6 order of delivery', isAllowed, this.delivered);
      this.effects.add('reorders');
    }
  }
}

function newestPart(item: Item): number {
  return Number(item.label.split('+').at(-1));
}

export function expectThat(rule: string, holds: boolean, seen: unknown): void {
  if (!holds) throw new Error(`${rule}: saw ${JSON.stringify(seen)}`);
}
