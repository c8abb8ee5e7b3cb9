/**
 * Tells the owner of a channel which items have ended, after the step that ended them is complete.
 *
 * The callback may offer again. Called in the middle of a step it would overtake the item on its way in,
 * and each re-offer would nest one call deeper; so notices queue up and the outermost step delivers them
 * in a loop.
 */
import { Ring } from './ring.ts';

export type ItemEnd = 'delivered' | 'dropped' | 'failed' | 'coalesced';

const ENDS: readonly ItemEnd[] = ['delivered', 'dropped', 'failed', 'coalesced'];

export class EndNotices<T> {
  private readonly pending = new Ring<T>();
  private readonly onEnd: (item: T, end: ItemEnd) => void;
  private isFlushing = false;

  constructor(onEnd: (item: T, end: ItemEnd) => void) {
    this.onEnd = onEnd;
  }

  add(item: T, end: ItemEnd): void {
    this.pending.push(item, ENDS.indexOf(end));
  }

  /** Call when the step is complete. What a throwing callback leaves behind is told after the next step. */
  flush(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    try {
      while (this.pending.length > 0) {
        const end = ENDS[this.pending.headTag()] as ItemEnd;
        this.onEnd(this.pending.shift(), end);
      }
    } finally {
      this.isFlushing = false;
    }
  }
}
