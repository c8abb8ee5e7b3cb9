/** The reference of a shared ring: plain arrays, no bits, no links. */
import { addReason, createEmptyLedger, type LedgerSnapshot } from '../../src/core/ledger.ts';

export interface Item {
  readonly id: number;
  readonly size: number;
}

interface Slot {
  readonly seq: number;
  readonly item: Item;
  readonly holders: Set<ReaderModel>;
}

interface Waiting {
  readonly reader: ReaderModel;
  readonly item: Item;
}

export class ReaderModel {
  unread: Slot[] = [];
  readonly flying: Item[] = [];
  readonly counts: LedgerSnapshot = createEmptyLedger();
  readonly ends: string[] = [];
  newestSeq = -1;
  closed = false;
  isLapped = false;

  end(column: 'dropped' | 'failed', reason: string, item: Item): void {
    addReason(this.counts[column], reason);
    this.ends.push(`${item.id} ${column} ${reason}`);
  }
}

export interface RingSetup {
  readonly slots: number;
  /** Infinity for no bound. */
  readonly bytes: number;
  readonly resume: 'oldest' | 'latest';
  readonly isGated: boolean;
  readonly maxWaiters: number;
}

export class RingModel {
  kept: Slot[] = [];
  line: Waiting[] = [];
  readers: ReaderModel[] = [];
  nextSeq = 0;
  readonly setup: RingSetup;

  constructor(setup: RingSetup) {
    this.setup = setup;
  }

  offer(reader: ReaderModel, item: Item): void {
    const { isGated, bytes, maxWaiters } = this.setup;
    reader.counts.offered++;
    if (reader.closed) return reader.end('failed', 'closed', item);
    if (item.size > bytes) return reader.end('dropped', 'too_large', item);
    const isBehind = this.line.some((waiting) => waiting.reader === reader);
    const mustWait = this.line.length > 0 && (isBehind || !this.canJoin(reader, item));
    if (!mustWait && (!isGated || this.canJoin(reader, item) || this.hasRoom(item)))
      return this.enter(reader, item);
    if (this.line.filter((waiting) => waiting.reader === reader).length >= maxWaiters) {
      return reader.end('dropped', 'waiters_full', item);
    }
    this.line.push({ reader, item });
  }

  take(reader: ReaderModel): Item | undefined {
    const slot = reader.unread.shift();
    if (slot !== undefined) {
      slot.holders.delete(reader);
      reader.flying.push(slot.item);
      reader.isLapped = false;
    }
    this.admit();
    return slot?.item;
  }

  discard(reader: ReaderModel): void {
    for (const slot of reader.unread.splice(0)) this.lose(reader, slot, 'shutdown');
    reader.isLapped = false;
    this.leaveLine(reader, 'dropped', 'shutdown');
  }

  close(reader: ReaderModel): void {
    reader.closed = true;
    this.leaveLine(reader, 'failed', 'closed');
  }

  cancel(waiting: Waiting): void {
    this.line.splice(this.line.indexOf(waiting), 1);
    waiting.reader.end('dropped', 'cancelled', waiting.item);
    this.admit();
  }

  private leaveLine(reader: ReaderModel, column: 'dropped' | 'failed', reason: string): void {
    const own = this.line.filter((waiting) => waiting.reader === reader);
    this.line = this.line.filter((waiting) => waiting.reader !== reader);
    for (const { item } of own) reader.end(column, reason, item);
    this.admit();
  }

  private canJoin(reader: ReaderModel, item: Item): boolean {
    const newest = this.kept.at(-1);
    return newest !== undefined && newest.item === item && newest.seq > reader.newestSeq;
  }

  /** The newest item may be held by nobody and still be there; it makes way if that is all it takes. */
  private hasRoom(item: Item): boolean {
    while (this.kept.length > 0 && this.kept[0]?.holders.size === 0) this.kept.shift();
    const bytes = this.kept.reduce((sum, slot) => sum + slot.item.size, 0);
    return this.kept.length < this.setup.slots && bytes + item.size <= this.setup.bytes;
  }

  private enter(reader: ReaderModel, item: Item): void {
    if (!this.canJoin(reader, item)) {
      while (!this.hasRoom(item)) {
        const oldest = this.kept.shift() as Slot;
        for (const holder of oldest.holders) {
          holder.isLapped = true;
          const lost = this.setup.resume === 'oldest' ? 1 : Math.max(1, holder.unread.length - 1);
          for (const slot of holder.unread.splice(0, lost)) this.lose(holder, slot, 'lag');
        }
      }
      this.kept.push({ seq: this.nextSeq++, item, holders: new Set() });
    }
    if (reader.isLapped && this.setup.resume === 'latest') {
      for (const slot of reader.unread.splice(0)) this.lose(reader, slot, 'lag');
    }
    const newest = this.kept.at(-1) as Slot;
    newest.holders.add(reader);
    reader.newestSeq = newest.seq;
    reader.unread.push(newest);
  }

  private lose(reader: ReaderModel, slot: Slot, reason: string): void {
    slot.holders.delete(reader);
    reader.end('dropped', reason, slot.item);
  }

  private admit(): void {
    for (let head = this.line[0]; head !== undefined; head = this.line[0]) {
      if (!this.canJoin(head.reader, head.item) && !this.hasRoom(head.item)) return;
      this.line.shift();
      this.enter(head.reader, head.item);
    }
  }
}
