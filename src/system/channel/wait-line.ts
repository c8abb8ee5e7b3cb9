/**
 * One caller that waits at a channel: an offer with its item, or a taker. It is settled once and then
 * listens to nothing; its promise never rejects.
 */
export class Waiter<T, R> {
  readonly item: T;
  /** When its wait is over whatever happens; Infinity for never. */
  readonly deadlineNs: number;
  previous: Waiter<T, R> | undefined = undefined;
  next: Waiter<T, R> | undefined = undefined;
  private readonly resolve: ((result: R) => void) | undefined;
  private readonly signal: AbortSignal | undefined;
  private readonly onCancel: (waiter: Waiter<T, R>) => void;

  /** `signal` must not be aborted yet; when it is, `onCancel` takes this waiter out of its line. */
  constructor(
    item: T,
    deadlineNs: number,
    resolve: ((result: R) => void) | undefined,
    signal: AbortSignal | undefined,
    onCancel: (waiter: Waiter<T, R>) => void,
  ) {
    this.item = item;
    this.deadlineNs = deadlineNs;
    this.resolve = resolve;
    this.signal = signal;
    this.onCancel = onCancel;
    signal?.addEventListener('abort', this);
  }

  /** The EventListener method: the waiter is its own listener, which spares a closure for each. */
  handleEvent(): void {
    this.onCancel(this);
  }

  /** False for what waits by itself, with nobody to be told. */
  get hasCaller(): boolean {
    return this.resolve !== undefined;
  }

  settle(result: R): void {
    this.signal?.removeEventListener('abort', this);
    this.resolve?.(result);
  }
}

/** Waiters in order of arrival. A linked list, so that a cancelled one leaves the middle in O(1). */
export class WaitLine<T, R> {
  private first: Waiter<T, R> | undefined = undefined;
  private last: Waiter<T, R> | undefined = undefined;
  private count = 0;

  get length(): number {
    return this.count;
  }

  get head(): Waiter<T, R> | undefined {
    return this.first;
  }

  push(waiter: Waiter<T, R>): void {
    waiter.previous = this.last;
    if (this.last === undefined) this.first = waiter;
    else this.last.next = waiter;
    this.last = waiter;
    this.count++;
  }

  /** Takes out every waiter, one at a time and in order. */
  *drain(): Generator<Waiter<T, R>> {
    while (this.first !== undefined) {
      const waiter = this.first;
      this.remove(waiter);
      yield waiter;
    }
  }

  /** Takes out a waiter that stands in this line. */
  remove(waiter: Waiter<T, R>): void {
    if (waiter.previous === undefined) this.first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = undefined;
    waiter.next = undefined;
    this.count--;
  }
}
