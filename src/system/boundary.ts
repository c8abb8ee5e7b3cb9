/**
 * All queues of one boundary: opens them with the boundary's strategy, keeps the accounts of those
 * that have ended, and reads everything out as one sample.
 */
import type { BoundaryName } from '../core/boundary.ts';
import type { Clock } from '../core/clock.ts';
import { addLedger, closeLedger, createEmptyLedger, type LedgerSnapshot } from '../core/ledger.ts';
import type { BoundarySample, ConnectionAccount } from '../core/samples.ts';
import type { StrategySpec } from '../core/strategy.ts';
import type { Channel } from './channel/channel.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';
import { buildChannel } from './strategies/build.ts';

/** What every queue of the system holds at least to know its cost. */
export interface Sized {
  readonly bytes: number;
}

export class Boundary<T extends Sized> {
  readonly name: BoundaryName;
  readonly strategy: StrategySpec;
  readonly #clock: Clock;
  readonly #budget: MemoryBudget | null;
  readonly #channels = new Set<Channel<T>>();
  readonly #ended: LedgerSnapshot = createEmptyLedger();
  #endedBlockedMs = 0;
  #endedPressureEvents = 0;
  #accounts: ConnectionAccount[] = [];

  /** With a `budget`, whoever offers has reserved `item.bytes` there; the boundary gives them back at the item's end. */
  constructor(name: BoundaryName, strategy: StrategySpec, clock: Clock, budget: MemoryBudget | null) {
    this.name = name;
    this.strategy = strategy;
    this.#clock = clock;
    this.#budget = budget;
  }

  /** Whether a full queue makes its producer wait. */
  get blocks(): boolean {
    return this.strategy.stages.some((stage) => stage.name === 'block');
  }

  open(): Channel<T> {
    const budget = this.#budget;
    const channel = buildChannel<T>(this.strategy, {
      clock: this.#clock,
      sizeOf: (item) => item.bytes,
      ...(budget === null ? {} : { onEnd: (item: T) => budget.release(item.bytes) }),
    });
    this.#channels.add(channel);
    return channel;
  }

  /** Books a queue whose connection has ended; everything in it must be settled by now. */
  retire(channel: Channel<T>, clientId: string | null, endedCleanly: boolean): void {
    if (!this.#channels.delete(channel)) return;
    const ledger = channel.ledger();
    addLedger(this.#ended, ledger);
    this.#endedBlockedMs += channel.blockedMs;
    this.#endedPressureEvents += channel.pressureEvents;
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

  /** The accounts of the connections that ended since the last call. */
  takeAccounts(): ConnectionAccount[] {
    const accounts = this.#accounts;
    if (accounts.length > 0) this.#accounts = [];
    return accounts;
  }

  /** Bytes handed to sinks whose write is not finished. */
  get inFlightBytes(): number {
    let sum = 0;
    for (const channel of this.#channels) sum += channel.inFlightBytes;
    return sum;
  }

  get pressureEvents(): number {
    let sum = this.#endedPressureEvents;
    for (const channel of this.#channels) sum += channel.pressureEvents;
    return sum;
  }

  sample(): BoundarySample {
    const ledger = createEmptyLedger();
    addLedger(ledger, this.#ended);
    const sample: BoundarySample = {
      ledger,
      depthItems: 0,
      depthMaxItems: 0,
      bytes: 0,
      waiters: 0,
      blockedMs: this.#endedBlockedMs,
    };
    for (const channel of this.#channels) {
      channel.addLedgerTo(ledger);
      sample.depthItems += channel.depthItems;
      if (channel.depthItems > sample.depthMaxItems) sample.depthMaxItems = channel.depthItems;
      sample.bytes += channel.bytes;
      sample.waiters += channel.waiters;
      sample.blockedMs += channel.blockedMs;
    }
    sample.ledger = closeLedger(ledger);
    return sample;
  }
}
