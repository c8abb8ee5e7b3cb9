/** Entries on their way to disk and back, in the books of one channel. */
import type { OverflowPolicy } from '../overflow/policy.ts';
import { Alarm } from './alarm.ts';
import type { Entry } from './entry.ts';
import { type BoundedOptions, NEVER, QueueBooks } from './queue-books.ts';
import { SpilledEntries } from './spill-entries.ts';
import type { SpilledRecord } from './spill-store.ts';

export abstract class SpillingQueue<T> extends QueueBooks<T> {
  /** What did not fit in memory: younger than everything ready, older than everything in line. */
  protected readonly disk: SpilledEntries<T> | undefined;
  protected readonly alarm: Alarm;

  constructor(options: BoundedOptions<T>) {
    super(options);
    this.alarm = new Alarm(this.clock, () => this.onAlarm());
    this.disk = options.overflow.spill === undefined ? undefined : this.openDisk(options.overflow);
  }

  protected abstract onAlarm(): void;
  /** Whoever has to be woken next is seen to. */
  protected abstract setAlarm(): void;

  get spilledItems(): number {
    return this.disk?.items ?? 0;
  }

  protected get spilledBytes(): number {
    return this.disk?.costBytes ?? 0;
  }

  protected openDisk(policy: OverflowPolicy): SpilledEntries<T> {
    const disk = new SpilledEntries<T>(policy, this.options.spill, (klass, items, cost, isRecovered) => {
      for (let i = 0; i < items; i++) this.endUnread('dropped', 'disk_full', klass, cost, isRecovered);
    });
    disk.countClasses().forEach((items, klass) => {
      for (let i = 0; i < items; i++) this.tally.offer(klass);
    });
    return disk;
  }

  /** False when the disk does not take it. */
  protected moveToDisk(entry: Entry<T>): boolean {
    const { disk } = this;
    if (disk === undefined || !disk.append(entry, this.clock.nowNs())) return false;
    if (disk.syncAtNs !== NEVER) this.alarm.ringAt(disk.syncAtNs);
    this.pool.give(entry);
    return true;
  }

  /** Takes the record that `peek` answered from disk; `undefined` when its item could not be made again. */
  protected fetch(record: SpilledRecord): Entry<T> | undefined {
    const { class: klass, cost, weight, offeredNs, seq, isRecovered } = record;
    const item = this.disk?.take(record);
    if (item === undefined) {
      this.endUnread('failed', 'policy_error', klass, cost, isRecovered);
      return undefined;
    }
    const { keyOf, flowOf } = this;
    const entry = this.pool.take(item);
    entry.cost = cost;
    entry.class = klass;
    entry.weight = weight;
    if (keyOf !== undefined) entry.key = keyOf(item);
    if (flowOf !== undefined) entry.flow = flowOf(item);
    // Times and numbers of another process mean nothing here.
    entry.seq = isRecovered ? ++this.offeredSeq : seq;
    entry.offeredNs = isRecovered && this.isTimed ? this.clock.nowNs() : offeredNs;
    entry.sinceNs = entry.offeredNs;
    entry.isAdmitted = !isRecovered && this.admission !== undefined;
    return entry;
  }

  /** An item that cannot be read back has ended: counted, but nobody can be told which it was. */
  protected endUnread(
    end: 'dropped' | 'failed',
    reason: string,
    klass: number,
    cost: number,
    isRecovered: boolean,
  ): void {
    if (end === 'dropped') this.tally.drop(reason, klass);
    else this.tally.fail(reason, klass);
    const { admission } = this;
    if (admission === undefined || isRecovered) return;
    const entry = this.pool.take(undefined as T);
    entry.class = klass;
    entry.cost = cost;
    const nowNs = this.clock.nowNs();
    for (const one of admission) one.onEnd?.(entry, end, 0, this, nowNs);
    this.pool.give(entry);
  }

  /** Nothing is left on disk of a queue that is through. */
  protected leaveDisk(): void {
    if (this.disk === undefined || !this.closed || !this.isEmpty()) return;
    this.disk.dispose();
    this.setAlarm();
  }
}
