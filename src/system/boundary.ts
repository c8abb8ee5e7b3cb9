/**
 * All queues of one boundary: opens them with the boundary's strategy, keeps the accounts of those
 * that have ended, and reads everything out as one sample.
 */
import { rm } from 'node:fs';
import { join } from 'node:path';
import type { BoundaryName } from '../core/boundary.ts';
import type { Clock } from '../core/clock.ts';
import {
  addLedger,
  type ClassCounts,
  closeLedger,
  createEmptyLedger,
  type LedgerSnapshot,
} from '../core/ledger.ts';
import type { Random } from '../core/random.ts';
import type { BoundarySample, ConnectionAccount } from '../core/samples.ts';
import type { StrategySpec } from '../core/strategy.ts';
import type { Channel } from './channel/channel.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';
import {
  type BuildChannelOptions,
  buildChannel,
  createSharedState,
  type SharedState,
} from './strategies/build.ts';
import { effectsOfStage } from './strategies/effects.ts';
import { SharedRing } from './topology/shared-ring.ts';

/** What every queue of the system knows of its items. */
export interface Sized {
  readonly bytes: number;
  /** 0 (critical) to 7. */
  readonly class: number;
  /** What it is about. */
  readonly key: string | number;
  /** Whose it is. */
  readonly flow: string | number;
}

/** What the owner of one queue wants to hear of it. */
export type QueueHooks<T> = Pick<BuildChannelOptions<T>, 'onEnd' | 'onReady' | 'onDisconnect' | 'merge'>;

export interface BoundaryOptions<T> {
  readonly name: BoundaryName;
  readonly strategy: StrategySpec;
  readonly clock: Clock;
  readonly random: Random;
  /** Whoever offers has reserved `item.bytes` there; the boundary gives them back at the item's end. */
  readonly budget?: MemoryBudget;
  readonly isSame?: (a: T, b: T) => boolean;
  /** For strategies that spill: each queue gets a folder of its own in `folder`. */
  readonly disk?: { readonly folder: string; encode(item: T): Uint8Array; decode(bytes: Uint8Array): T };
}

export class Boundary<T extends Sized> {
  readonly name: BoundaryName;
  readonly strategy: StrategySpec;
  /** Whether a full queue makes its producer wait. */
  readonly blocks: boolean;
  /** Whether one item may stand for several. */
  readonly coalesces: boolean;
  /** Whether one item may overtake another. */
  readonly reorders: boolean;
  /** Whether all consumers read from one ring, which has a bound of its own. */
  readonly isJoined: boolean;
  readonly #options: BoundaryOptions<T>;
  readonly #shared: SharedState;
  readonly #spills: boolean;
  /** With the number by which its folder is called, should it spill. */
  readonly #channels = new Map<Channel<T>, number>();
  readonly #ended: LedgerSnapshot = createEmptyLedger();
  readonly #endedClasses: Record<number, ClassCounts> = {};
  #opened = 0;
  #endedBlockedMs = 0;
  #endedPressureEvents = 0;
  #accounts: ConnectionAccount[] = [];

  constructor(options: BoundaryOptions<T>) {
    const { name, strategy, random } = options;
    this.name = name;
    this.strategy = strategy;
    this.#options = options;
    this.#spills = strategy.stages.some((stage) => effectsOfStage(stage).serialises === true);
    this.blocks = strategy.stages.some((stage) => effectsOfStage(stage).holdsProducer === true);
    this.coalesces = strategy.stages.some((stage) => effectsOfStage(stage).coalesces === true);
    this.reorders = strategy.stages.some((stage) => (effectsOfStage(stage).reorders ?? 'never') !== 'never');
    this.isJoined = strategy.stages.some((stage) => effectsOfStage(stage).joinsConsumers === true);
    this.#shared = createSharedState(strategy, random.next);
  }

  /** Queues opened so far. */
  get opened(): number {
    return this.#opened;
  }

  open(hooks: QueueHooks<T> = {}): Channel<T> {
    const { clock, budget, isSame } = this.#options;
    const { onEnd } = hooks;
    this.#opened++;
    const channel = buildChannel<T>(
      this.strategy,
      {
        clock,
        sizeOf: (item) => item.bytes,
        classOf: (item) => item.class,
        keyOf: (item) => item.key,
        flowOf: (item) => item.flow,
        ...(isSame === undefined ? {} : { isSame }),
        ...this.#spillOptions(),
        ...hooks,
        ...(budget === undefined
          ? {}
          : {
              onEnd: (item, end, reason) => {
                budget.release(item.bytes);
                onEnd?.(item, end, reason);
              },
            }),
      },
      this.#shared,
    );
    this.#channels.set(channel, this.#opened);
    return channel;
  }

  /** What is on disk needs no memory, and takes it back when it returns. */
  #spillOptions(): Pick<BuildChannelOptions<T>, 'spill'> {
    const { disk, budget } = this.#options;
    if (disk === undefined) return {};
    return {
      spill: {
        directory: this.#folderOf(this.#opened),
        encode: disk.encode,
        decode: disk.decode,
        onLeave: (item) => budget?.release(item.bytes),
        onReturn: (item) => budget?.take(item.bytes),
      },
    };
  }

  #folderOf(queue: number): string {
    return join(this.#options.disk?.folder ?? '', this.name, String(queue));
  }

  /** Books a queue whose connection has ended; everything in it must be settled by now. */
  retire(channel: Channel<T>, clientId: string | null, endedCleanly: boolean): void {
    const ledger = this.book(channel);
    if (ledger === undefined) return;
    const { offered, delivered, dropped, coalesced, failed } = ledger;
    this.#accounts.push({
      clientId,
      boundary: this.name,
      offered,
      delivered,
      dropped,
      coalesced,
      failed,
      endedCleanly,
    });
  }

  /** As {@link retire}, for one that is part of somebody's account alone; its last reading, or `undefined` for none. */
  book(channel: Channel<T>): LedgerSnapshot | undefined {
    const number = this.#channels.get(channel);
    if (number === undefined) return undefined;
    this.#channels.delete(channel);
    if (this.#spills) rm(this.#folderOf(number), { recursive: true, force: true }, () => {});
    const ledger = channel.ledger();
    addLedger(this.#ended, ledger);
    channel.addClassesTo(this.#endedClasses);
    this.#endedBlockedMs += channel.blockedMs;
    this.#endedPressureEvents += channel.pressureEvents;
    return ledger;
  }

  /** The accounts of the connections that ended since the last call. */
  takeAccounts(): ConnectionAccount[] {
    const accounts = this.#accounts;
    if (accounts.length > 0) this.#accounts = [];
    return accounts;
  }

  /** Bytes that wait in the ring of all queues, each item once; `null` where there is no ring. */
  get ringBytes(): number | null {
    for (const state of this.#shared.byStage.values())
      if (state instanceof SharedRing) return state.heldBytes;
    return null;
  }

  /** Bytes handed to sinks whose write is not finished. */
  get inFlightBytes(): number {
    let sum = 0;
    for (const channel of this.#channels.keys()) sum += channel.inFlightBytes;
    return sum;
  }

  get pressureEvents(): number {
    let sum = this.#endedPressureEvents;
    for (const channel of this.#channels.keys()) sum += channel.pressureEvents;
    return sum;
  }

  sample(): BoundarySample {
    const ledger = createEmptyLedger();
    addLedger(ledger, this.#ended);
    const sample: BoundarySample = {
      ledger,
      classes: structuredClone(this.#endedClasses),
      depthItems: 0,
      depthMaxItems: 0,
      bytes: 0,
      waiters: 0,
      blockedMs: this.#endedBlockedMs,
    };
    for (const channel of this.#channels.keys()) {
      channel.addLedgerTo(ledger);
      channel.addClassesTo(sample.classes);
      const depthItems = channel.depthItems + channel.heldItems;
      sample.depthItems += depthItems;
      if (depthItems > sample.depthMaxItems) sample.depthMaxItems = depthItems;
      sample.bytes += channel.bytes + channel.heldBytes;
      sample.waiters += channel.waiters;
      sample.blockedMs += channel.blockedMs;
    }
    // Items that many readers have yet to take are there once.
    sample.bytes = this.ringBytes ?? sample.bytes;
    sample.ledger = closeLedger(ledger);
    return sample;
  }
}
