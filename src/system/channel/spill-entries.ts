/** Entries on their way to disk and back: what a channel needs of spilling beside the store. */
import { BenchError } from '../../core/errors.ts';
import type { OverflowPolicy, SpillSettings } from '../overflow/policy.ts';
import type { Entry } from './entry.ts';
import { NODE_FILES, type SpillFiles } from './spill-files.ts';
import { type SpilledRecord, SpillStore } from './spill-store.ts';

/** What the owner of a queue has to know of its items so that they can leave memory. */
export interface SpillOptions<T> {
  /**
   * A folder for this queue alone; made where it is not there. What an earlier queue left in it is recovered:
   * offered again, and taken first.
   */
  readonly directory: string;
  encode(item: T): Uint8Array;
  /** `bytes` are good during the call alone: copy what is kept. One that throws has lost the item. */
  decode(bytes: Uint8Array): T;
  /** The item is on disk: its memory may go to others. Must not call the channel. */
  onLeave?(item: T): void;
  /** It has come back, as `decode` made it. Must not call the channel. */
  onReturn?(item: T): void;
  /** Default: those of `node:fs`. */
  readonly files?: SpillFiles;
}

/** Items that are lost on disk: of one class, with their mean cost. */
export type OnSpillLost = (klass: number, items: number, cost: number, isRecovered: boolean) => void;

export class SpilledEntries<T> {
  readonly settings: SpillSettings;
  private readonly options: SpillOptions<T>;
  private readonly store: SpillStore;

  /** Errors: BPB_ERR_STRATEGY where the policy spills and the owner gave no `options`. */
  constructor(policy: OverflowPolicy, options: SpillOptions<T> | undefined, onLost: OnSpillLost) {
    if (policy.spill === undefined || options === undefined) {
      throw new BenchError(
        'BPB_ERR_STRATEGY',
        `${policy.name} needs a folder and a way to write items as bytes, and this queue has none`,
        { hints: ['block and drop-oldest need neither'] },
      );
    }
    this.settings = policy.spill;
    this.options = options;
    this.store = new SpillStore(options.directory, policy.spill, options.files ?? NODE_FILES, (lost) => {
      const cost = Math.round(lost.costBytes / lost.items);
      lost.classes.forEach((items, klass) => {
        if (items > 0) onLost(klass, items, cost, lost.isRecovered);
      });
    });
  }

  get items(): number {
    return this.store.items;
  }

  get costBytes(): number {
    return this.store.costBytes;
  }

  get syncAtNs(): number {
    return this.store.syncAtNs;
  }

  countClasses(): number[] {
    return this.store.countClasses();
  }

  syncDue(nowNs: number): void {
    this.store.syncDue(nowNs);
  }

  /** False when the disk does not take it. */
  append(entry: Entry<T>, nowNs: number): boolean {
    if (!this.store.append(entry, this.options.encode(entry.item), nowNs)) return false;
    this.options.onLeave?.(entry.item);
    return true;
  }

  peek(): SpilledRecord | undefined {
    return this.store.peek();
  }

  /** Takes the item of the record that `peek` answered from disk; `undefined` when it cannot be decoded. */
  take(record: SpilledRecord): T | undefined {
    let item: T | undefined;
    try {
      item = this.options.decode(record.item);
    } catch {
      // Counted by the channel: nobody waits here who could be told.
    }
    this.store.consume();
    if (item !== undefined) this.options.onReturn?.(item);
    return item;
  }

  dispose(): void {
    this.store.dispose();
  }
}
