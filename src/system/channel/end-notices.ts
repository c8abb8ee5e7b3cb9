/**
 * Tells the owner of a channel which items have ended, after the step that ended them is complete.
 *
 * The callback may offer again. Called in the middle of a step it would overtake the item on its way in,
 * and each re-offer would nest one call deeper; so notices queue up and the outermost step delivers them
 * in a loop.
 */
export type ItemEnd = 'delivered' | 'dropped' | 'failed' | 'coalesced';

export class EndNotices<T> {
  private readonly onEnd: (item: T, end: ItemEnd) => void;
  private pendingItems: T[] = [];
  private pendingEnds: ItemEnd[] = [];
  private isTelling = false;

  constructor(onEnd: (item: T, end: ItemEnd) => void) {
    this.onEnd = onEnd;
  }

  /** Keeps a notice until the step is complete; `flush` then. */
  add(item: T, end: ItemEnd): void {
    this.pendingItems.push(item);
    this.pendingEnds.push(end);
  }

  /** The same as `add` and `flush`, for the last change of a step. */
  tell(item: T, end: ItemEnd): void {
    if (this.isTelling || this.pendingItems.length > 0) {
      this.add(item, end);
      this.flush();
      return;
    }
    this.isTelling = true;
    try {
      this.onEnd(item, end);
    } finally {
      this.isTelling = false;
    }
    if (this.pendingItems.length > 0) this.flush();
  }

  /** Call when the step is complete. What a throwing callback leaves behind is told after the next step. */
  flush(): void {
    if (this.isTelling || this.pendingItems.length === 0) return;
    this.isTelling = true;
    let told = 0;
    try {
      while (told < this.pendingItems.length) {
        const at = told++;
        this.onEnd(this.pendingItems[at] as T, this.pendingEnds[at] as ItemEnd);
        // A callback that offers again for ever must not make the list grow for ever.
        if (told === FORGET_TOLD) told = this.forget(told);
      }
    } finally {
      this.forget(told);
      this.isTelling = false;
    }
  }

  private forget(told: number): 0 {
    this.pendingItems.splice(0, told);
    this.pendingEnds.splice(0, told);
    return 0;
  }
}

const FORGET_TOLD = 1024;
