/**
 * One ring for all consumers of a boundary, each of which is a `RingReader`: an item that is offered to many of
 * them takes one slot. Readers know by a bit per slot which items are theirs, for not every item is offered to
 * all: a reply goes to one connection, and one without memory left is passed over.
 */

import type { OfferOutcome } from '../channel/channel.ts';
import { effectiveCapacity, type ResumeAt } from '../channel/ring-core.ts';
import { type Waiter, WaitLine } from '../channel/wait-line.ts';
import type { RingReader } from './ring-reader.ts';

/** An offer that waits for a slot. */
export interface BlockedOffer<T> {
  readonly reader: RingReader<T>;
  readonly item: T;
  readonly cost: number;
  readonly class: number;
  readonly atNs: number;
}

export interface SharedRingOptions {
  /** Rounded up to a power of two. */
  readonly capacityItems: number;
  /** Cost of all items that are kept; 0 for no bound. */
  readonly capacityBytes: number;
  readonly resume: ResumeAt;
  /** Whether the writer waits for the slowest reader; else it laps who is too slow. */
  readonly isGated: boolean;
}

const NO_BOUND = Number.POSITIVE_INFINITY;

export class SharedRing<T> {
  readonly capacityItems: number;
  readonly resume: ResumeAt;
  readonly isGated: boolean;
  /** What the slots may hold in all; Infinity for no bound. */
  readonly capacityBytes: number;
  /** Readers that are open or have items to take. */
  readers = 0;
  /** Sequence number of the next item, and of the oldest one that is kept. */
  tail = 0;
  head = 0;
  /** Cost of what is kept: each item once, however many readers it has. */
  bytes = 0;
  readonly line = new WaitLine<BlockedOffer<T>, OfferOutcome>();

  private readonly mask: number;
  private readonly items: (T | undefined)[];
  private readonly costs: number[];
  private readonly classes: number[];
  private readonly stampsNs: number[];
  /** By slot: how many readers have the item there before them, and those for whom it is the next one. */
  private readonly holders: number[];
  private readonly firsts: (RingReader<T> | undefined)[];
  /** Readers with something to tell once the step is complete. */
  private dirty: RingReader<T> | undefined = undefined;
  private isAdmitting = false;
  private isTelling = false;

  constructor({ capacityItems, capacityBytes, resume, isGated }: SharedRingOptions) {
    const slots = effectiveCapacity(capacityItems);
    this.capacityItems = slots;
    this.capacityBytes = capacityBytes === 0 ? NO_BOUND : capacityBytes;
    this.resume = resume;
    this.isGated = isGated;
    this.mask = slots - 1;
    this.items = new Array<T | undefined>(slots).fill(undefined);
    this.costs = new Array<number>(slots).fill(0);
    this.classes = new Array<number>(slots).fill(0);
    this.stampsNs = new Array<number>(slots).fill(0);
    this.holders = new Array<number>(slots).fill(0);
    this.firsts = new Array<RingReader<T> | undefined>(slots).fill(undefined);
  }

  /** Cost of what somebody has yet to take. */
  get heldBytes(): number {
    return this.head === this.tail - 1 && this.holders[this.head & this.mask] === 0 ? 0 : this.bytes;
  }

  itemAt(seq: number): T {
    return this.items[seq & this.mask] as T;
  }

  costAt(seq: number): number {
    return this.costs[seq & this.mask] as number;
  }

  classAt(seq: number): number {
    return this.classes[seq & this.mask] as number;
  }

  stampNsAt(seq: number): number {
    return this.stampsNs[seq & this.mask] as number;
  }

  /** Whether the newest slot holds this very item and `reader` has not been given it. */
  isNewestFor(reader: RingReader<T>, item: T): boolean {
    const newest = this.tail - 1;
    return newest >= this.head && newest > reader.newestSeq && Object.is(this.itemAt(newest), item);
  }

  /** The slot of `item` for `reader`: the newest one if it holds this very item, else a new one; -1 without room. */
  place(reader: RingReader<T>, item: T, cost: number, klass: number, atNs: number): number {
    if (this.isNewestFor(reader, item)) return this.tail - 1;
    this.trim();
    if (this.isGated && !this.hasRoom(cost)) return -1;
    while (!this.hasRoom(cost)) this.lap();
    const seq = this.tail;
    const slot = seq & this.mask;
    this.items[slot] = item;
    this.costs[slot] = cost;
    this.classes[slot] = klass;
    this.stampsNs[slot] = atNs;
    this.bytes += cost;
    this.tail++;
    return seq;
  }

  hold(seq: number): void {
    (this.holders[seq & this.mask] as number)++;
  }

  release(seq: number): void {
    (this.holders[seq & this.mask] as number)--;
  }

  /** `seq` is the next item of `reader`. */
  link(reader: RingReader<T>, seq: number): void {
    const slot = seq & this.mask;
    const first = this.firsts[slot];
    reader.nextPeer = first;
    reader.previousPeer = undefined;
    if (first !== undefined) first.previousPeer = reader;
    this.firsts[slot] = reader;
  }

  unlink(reader: RingReader<T>, seq: number): void {
    const { previousPeer, nextPeer } = reader;
    if (previousPeer === undefined) this.firsts[seq & this.mask] = nextPeer;
    else previousPeer.nextPeer = nextPeer;
    if (nextPeer !== undefined) nextPeer.previousPeer = previousPeer;
    reader.previousPeer = undefined;
    reader.nextPeer = undefined;
  }

  markDirty(reader: RingReader<T>): void {
    if (reader.isDirty) return;
    reader.isDirty = true;
    reader.nextDirty = this.dirty;
    this.dirty = reader;
  }

  /** A reader has gone. */
  leave(): void {
    this.readers--;
    this.trim();
  }

  /**
   * After a step: lets in who waits, then lets everybody tell what has happened to them. That runs callers'
   * code, which may offer again: the outermost step goes on telling then, so that nothing nests.
   */
  finishStep(acting: RingReader<T> | undefined): void {
    this.trim();
    if (this.line.length > 0) this.admit();
    if (this.isTelling) return;
    this.isTelling = true;
    try {
      for (let reader = this.dirty; reader !== undefined; reader = this.dirty) {
        this.dirty = reader.nextDirty;
        reader.nextDirty = undefined;
        reader.isDirty = false;
        reader.tell(reader !== acting);
      }
    } finally {
      this.isTelling = false;
    }
  }

  /** Lets go of what nobody needs; the newest item stays, for it may be offered to more readers. */
  private trim(): void {
    const keepSeq = this.readers === 0 ? this.tail : this.tail - 1;
    while (this.head < keepSeq && this.holders[this.head & this.mask] === 0) this.drop();
  }

  private hasRoom(cost: number): boolean {
    // The newest item is kept for those who may still be offered it: it must not keep another one out.
    if (this.head === this.tail - 1 && this.holders[this.head & this.mask] === 0) this.drop();
    return this.tail - this.head < this.capacityItems && this.bytes + cost <= this.capacityBytes;
  }

  /** Overwrites the oldest item: for those who have not taken it, it is lost. */
  private lap(): void {
    const slot = this.head & this.mask;
    for (let reader = this.firsts[slot]; reader !== undefined; reader = this.firsts[slot]) reader.lapped();
    this.drop();
  }

  private drop(): void {
    const slot = this.head & this.mask;
    this.bytes -= this.costs[slot] as number;
    this.items[slot] = undefined;
    this.head++;
  }

  private admit(): void {
    if (this.isAdmitting) return;
    this.isAdmitting = true;
    for (let waiter = this.line.head; waiter !== undefined; waiter = this.line.head) {
      const { reader, item, cost, class: klass, atNs } = waiter.item;
      const seq = this.place(reader, item, cost, klass, atNs);
      if (seq < 0) break;
      reader.admit(waiter, seq);
    }
    this.isAdmitting = false;
  }
}

export type BlockedWaiter<T> = Waiter<BlockedOffer<T>, OfferOutcome>;
