/**
 * Tells the owner of a channel which items have ended, after the step that ended them is complete.
 *
 * The callback may offer again. Called in the middle of a step it would overtake the item on its way in,
 * and each re-offer would nest one call deeper; so notices queue up and the outermost step delivers them
 * in a loop.
 */
import { Ring } from './ring.ts';

export type ItemEnd = 'delivered' | 'dropped' | 'failed' | 'coalesced';

/** `reason` is that of the ledger; empty for `delivered`. */
export type OnEnd<T> = (item: T, end: ItemEnd, reason: string) => void;

const ENDS: readonly ItemEnd[] = ['delivered', 'dropped', 'failed', 'coalesced'];

export class EndNotices<T> {
  private readonly onEnd: OnEnd<T>;
  private readonly pending = new Ring<T>();
  private readonly reasons = new Ring<string>();
  private isTelling = false;

  constructor(onEnd: OnEnd<T>) {
    this.onEnd = onEnd;
  }

  /** Keeps a notice until the step is complete; `flush` then. */
  add(item: T, end: ItemEnd, reason: string): void {
    this.pending.push(item, ENDS.indexOf(end));
    this.reasons.push(reason, 0);
  }

  /** As `add` and `flush`, for the last change of a step; mostly there is nothing to queue behind. */
  tell(item: T, end: ItemEnd, reason: string): void {
    if (this.isTelling || this.pending.length > 0) {
      this.add(item, end, reason);
    } else {
      this.isTelling = true;
      try {
        this.onEnd(item, end, reason);
      } finally {
        this.isTelling = false;
      }
    }
    this.flush();
  }

  /** Call when the step is complete. What a throwing callback leaves behind is told after the next step. */
  flush(): void {
    if (this.isTelling || this.pending.length === 0) return;
    this.isTelling = true;
    try {
      while (this.pending.length > 0) {
        const end = ENDS[this.pending.headTag()] as ItemEnd;
        this.onEnd(this.pending.shift(), end, this.reasons.shift());
      }
    } finally {
      this.isTelling = false;
    }
  }
}
