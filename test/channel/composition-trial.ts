/**
 * Two consumers under one strategy of any stages: seeded schedules, and what must hold whatever the stages
 * are. Nothing here knows what a stage does, only what it says of itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVirtualClock, NS_PER_MS, type VirtualClock } from '../../src/core/clock.ts';
import { findUnaccounted, type LedgerSnapshot } from '../../src/core/ledger.ts';
import { createRandom, type Random } from '../../src/core/random.ts';
import type { StageSpec, StrategySpec } from '../../src/core/strategy.ts';
import type { Channel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import {
  type BuildChannelOptions,
  buildChannel,
  createSharedState,
} from '../../src/system/strategies/build.ts';
import type { Definition } from '../../src/system/strategies/definition.ts';
import { findDefinition } from '../../src/system/strategies/registry.ts';
import { type Item, mergeItems, OVERHEAD_BYTES } from './item.ts';

/** Largest item of a schedule, overhead included. */
const MAX_SIZE = 60;
const MAX_COST = MAX_SIZE + OVERHEAD_BYTES;
const STEPS = 120;
/** Of the mechanism itself, whatever stands in the strategy. */
const OWN_REASONS = ['too_large', 'cancelled', 'closed', 'shutdown', 'sink'];

export type OpenChannel = (spec: StrategySpec, options: BuildChannelOptions<Item>) => Channel<Item>;

interface Consumer {
  readonly channel: Channel<Item>;
  readonly offered: Set<number>;
  readonly ended: Set<number>;
  readonly flying: Item[];
  offersOpen: number;
  takersOpen: number;
  disconnectReason: string | undefined;
}

export class CompositionTrial {
  readonly ledgers: string[] = [];
  private readonly clock: VirtualClock = createVirtualClock();
  private readonly random: Random;
  private readonly consumers: Consumer[];
  private readonly reasons: ReadonlySet<string>;
  /** Whether something may keep queued items from leaving, or from moving on, for a while. */
  private readonly isGated: boolean;
  /** Whether one queue feeds all consumers: it is full when it is for one of them. */
  private readonly isShared: boolean;
  private readonly spec: StrategySpec;
  private readonly folder: string | undefined;
  private problem: string | undefined;
  private nextId = 1;

  constructor(spec: StrategySpec, seed: number, open?: OpenChannel) {
    this.spec = spec;
    this.random = createRandom(seed, 'composition');
    const definitions = spec.stages.map(asSet);
    this.reasons = new Set([...OWN_REASONS, ...definitions.flatMap((one) => one.reasons)]);
    this.isGated = definitions.some((one) => 'createGate' in one) || holdsBackBetweenQueues(spec);
    this.isShared = definitions.some((one) => one.effects.joinsConsumers === true);
    const leavesMemory = definitions.some((one) => one.effects.serialises === true);
    this.folder = leavesMemory ? mkdtempSync(join(tmpdir(), 'bpbench-test-')) : undefined;
    const shared = createSharedState(spec, createRandom(seed, 'strategy').next);
    const openOne: OpenChannel = open ?? ((one, options) => buildChannel(one, options, shared));
    this.consumers = [this.createConsumer(openOne, 'a'), this.createConsumer(openOne, 'b')];
  }

  /** What went wrong first, with the step after which it showed. */
  async run(): Promise<string | undefined> {
    try {
      for (let step = 0; step < STEPS && this.problem === undefined; step++) {
        const words = this.act();
        for (let turn = 0; turn < 8; turn++) await null;
        this.check(`step ${step} (${words})`);
      }
      await this.drain();
    } finally {
      if (this.folder !== undefined) rmSync(this.folder, { recursive: true });
    }
    return this.problem;
  }

  private createConsumer(open: OpenChannel, name: string): Consumer {
    const ended = new Set<number>();
    const offered = new Set<number>();
    const channel = open(this.spec, {
      clock: this.clock,
      perItemOverheadBytes: OVERHEAD_BYTES,
      sizeOf: (item) => item.size,
      classOf: (item) => item.class,
      keyOf: (item) => item.key,
      flowOf: (item) => item.flow,
      merge: mergeSmall,
      ...(this.folder === undefined
        ? {}
        : {
            spill: {
              directory: join(this.folder, name),
              encode: (item: Item) => Buffer.from(JSON.stringify(item)),
              decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as Item,
            },
          }),
      isSame: (a, b) => a.size === b.size && a.class === b.class,
      onEnd: ({ id }, end, reason) => {
        if (!offered.has(id)) this.fail(`an end of ${id}, which was never offered`);
        if (ended.has(id)) this.fail(`a second end of ${id}: ${end} ${reason}`);
        if (end !== 'delivered' && !this.reasons.has(reason)) this.fail(`${end} for undeclared '${reason}'`);
        ended.add(id);
      },
      onDisconnect: (reason) => {
        if (consumer.disconnectReason !== undefined) this.fail('a second disconnect');
        consumer.disconnectReason = reason;
      },
    });
    const consumer: Consumer = {
      channel,
      ended,
      offered,
      flying: [],
      offersOpen: 0,
      takersOpen: 0,
      disconnectReason: undefined,
    };
    return consumer;
  }

  private act(): string {
    const { random } = this;
    const consumer = this.consumers[random.int(this.consumers.length)] as Consumer;
    const { channel, flying } = consumer;
    // What the owner of a connection does when its strategy ends it.
    for (const one of this.consumers) {
      if (one.disconnectReason === undefined || one.channel.closed) continue;
      one.channel.close();
      one.channel.discardQueued(one.disconnectReason);
      return 'hang up';
    }
    const dice = random.int(100);
    if (dice < 45) return this.offer();
    if (dice < 62) return this.tryTake(consumer);
    if (dice < 66) return this.take(consumer);
    if (dice < 82) {
      const [item] = flying.splice(random.int(Math.max(1, flying.length)), 1);
      if (item === undefined) return 'nothing to land';
      if (dice < 80) channel.delivered(item);
      else channel.failed(item, 'sink');
      return 'land';
    }
    if (dice < 97) {
      const ns = random.int(4 * NS_PER_MS);
      this.clock.advanceNs(ns);
      return `advance ${ns}`;
    }
    if (dice < 99) {
      channel.discardQueued('shutdown');
      if (channel.heldItems + channel.depthItems + channel.spilledItems > 0) this.fail('left by discard');
      return 'discard';
    }
    // Late in a schedule only, or nothing would be left to see.
    if (this.ledgers.length > 160) channel.close();
    return 'close';
  }

  /** To both, as a feed does; one in five with a signal that is aborted some time later. */
  private offer(): string {
    const { random } = this;
    const item: Item = {
      id: this.nextId++,
      size: random.int(MAX_SIZE + 1),
      class: random.int(4),
      key: 'abc'.charAt(random.int(3)),
      flow: 'xyz'.charAt(random.int(3)),
      weight: 1,
    };
    const abort = random.int(5) === 0 ? new AbortController() : undefined;
    for (const consumer of this.consumers) {
      consumer.offered.add(item.id);
      const outcome = consumer.channel.offer(item, abort?.signal);
      if (typeof outcome === 'string') continue;
      consumer.offersOpen++;
      void outcome.then(() => consumer.offersOpen--);
    }
    if (abort !== undefined)
      this.clock.setTimer(this.clock.nowNs() + random.int(8 * NS_PER_MS), () => abort.abort());
    return `offer ${item.id}`;
  }

  private tryTake({ channel, flying }: Consumer): string {
    const item = channel.tryTake();
    if (item !== undefined) flying.push(item);
    else if (channel.depthItems > 0 && !this.isGated) this.fail(`idle beside ${channel.depthItems} items`);
    return 'tryTake';
  }

  private take(consumer: Consumer): string {
    const keep = (item: Item | undefined): void => {
      if (item !== undefined) consumer.flying.push(item);
    };
    const item = consumer.channel.take();
    if (!(item instanceof Promise)) keep(item);
    else {
      consumer.takersOpen++;
      void item.then((taken) => {
        consumer.takersOpen--;
        keep(taken);
      });
    }
    return 'take';
  }

  private check(when: string): void {
    for (const { channel, offersOpen, takersOpen, ended, offered } of this.consumers) {
      const ledger = channel.ledger();
      this.ledgers.push(JSON.stringify([ledger, channel.blockedMs]));
      const found =
        findImbalance(ledger) ??
        findExcess(channel) ??
        this.findStranded(channel, ledger, takersOpen) ??
        this.findForgotten(channel) ??
        (offersOpen > channel.waiters
          ? `${offersOpen} open offers, ${channel.waiters} waiters`
          : undefined) ??
        (offered.size - ended.size === transientsOf(ledger)
          ? undefined
          : `${offered.size - ended.size} items without an end, ${transientsOf(ledger)} in the ledger`);
      if (found !== undefined) this.fail(found);
    }
    if (this.problem !== undefined && !this.problem.includes(' after ')) this.problem += ` after ${when}`;
  }

  /** A waiter beside what it waits for. */
  private findStranded(
    channel: Channel<Item>,
    ledger: LedgerSnapshot,
    takersOpen: number,
  ): string | undefined {
    if (takersOpen > 0 && channel.depthItems > 0 && !this.isGated) return 'a taker beside an item';
    if (this.isGated) return undefined;
    const sharers = this.isShared ? this.consumers.map((one) => one.channel) : [channel];
    return ledger.blocked > 0 && sharers.every(hasRoom) ? 'a waiting offer beside a free slot' : undefined;
  }

  /** Held, with nobody to wake whoever holds it. */
  private findForgotten({ heldItems }: Channel<Item>): string | undefined {
    const hasTimer = this.clock.nextTimerNs !== Number.POSITIVE_INFINITY;
    return heldItems > 0 && !hasTimer ? `${heldItems} items held for ever` : undefined;
  }

  /** Closes both and takes all that is left, as time allows. */
  private async drain(): Promise<void> {
    for (const { channel } of this.consumers) channel.close();
    for (let round = 0; round < 2000 && this.problem === undefined; round++) {
      for (let turn = 0; turn < 8; turn++) await null;
      let isQuiet = true;
      for (const consumer of this.consumers) {
        this.tryTake(consumer);
        for (const item of consumer.flying.splice(0)) {
          consumer.channel.delivered(item);
          isQuiet = false;
        }
      }
      this.check('the end');
      if (!isQuiet) continue;
      if (this.consumers.every(({ channel }) => transientsOf(channel.ledger()) === 0)) break;
      if (this.clock.nextTimerNs === Number.POSITIVE_INFINITY) break;
      this.clock.advanceTo(this.clock.nextTimerNs);
    }
    for (let turn = 0; turn < 8; turn++) await null;
    // What was to be aborted later than all this.
    this.clock.advanceNs(10 * NS_PER_MS);
    for (const { channel, offersOpen, takersOpen } of this.consumers) {
      const left = transientsOf(channel.ledger());
      if (left > 0)
        this.fail(`${left} items left after close and drain: ${JSON.stringify(channel.ledger())}`);
      if (channel.heldItems + channel.waiters + offersOpen + takersOpen > 0)
        this.fail('somebody still waits at the end');
    }
    const { nextTimerNs } = this.clock;
    if (nextTimerNs !== Number.POSITIVE_INFINITY)
      this.fail(`a timer is left at ${nextTimerNs} after the end`);
  }

  private fail(problem: string): void {
    this.problem ??= problem;
  }
}

/** A sum is no larger than any other item, so that none is too large for a queue with room for one. */
function mergeSmall(older: Item, newer: Item): Item {
  const merged = mergeItems(older, newer);
  return { ...merged, size: Math.min(merged.size, MAX_SIZE) };
}

/** The part with the values of this strategy: what it does may hang on them. */
function asSet({ name, params }: StageSpec): Definition {
  const definition = findDefinition(name) as Definition;
  return 'configure' in definition
    ? ((definition as OverflowPolicy).configure?.(params) ?? definition)
    : definition;
}

/** Between two queues in series something may be held back although the second one has room. */
function holdsBackBetweenQueues({ stages }: StrategySpec): boolean {
  const relay = stages.find(({ name }) => name === 'relay');
  if (relay === undefined) return false;
  return Number(relay.params['windowItems']) > 0 || stages.some(({ name }) => name === 'pause-upstream');
}

function hasRoom({ depthItems, capacityItems, bytes, capacityBytes }: Channel<Item>): boolean {
  return depthItems < capacityItems && (capacityBytes === 0 || bytes + MAX_COST <= capacityBytes);
}

function transientsOf({ queued, inFlight, blocked, spilled }: LedgerSnapshot): number {
  return queued + inFlight + blocked + spilled;
}

function findImbalance(ledger: LedgerSnapshot): string | undefined {
  if (ledger.unaccounted === 0 && findUnaccounted(ledger) === 0) return undefined;
  return `the ledger does not add up: ${JSON.stringify(ledger)}`;
}

function findExcess(channel: Channel<Item>): string | undefined {
  const { depthItems, bytes, heldItems, heldBytes, inFlightItems, inFlightBytes, waiters } = channel;
  const gauges = [depthItems, bytes, heldItems, heldBytes, inFlightItems, inFlightBytes, waiters];
  if (Math.min(...gauges) < 0) return `a gauge below zero: ${gauges}`;
  if (depthItems > channel.capacityItems) return `${depthItems} items above ${channel.capacityItems}`;
  if (channel.capacityBytes > 0 && bytes > channel.capacityBytes)
    return `${bytes} above ${channel.capacityBytes} bytes`;
  return undefined;
}
