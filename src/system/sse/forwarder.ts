/** Takes what the bus holds for one follower and hands it on, one after another; waits only where it has to. */
import type { Channel } from '../channel/channel.ts';

/** Hands on one item: whether that came about. A promise only when it has to be waited for. */
export type Accept<T> = (item: T) => boolean | Promise<boolean>;

export class Forwarder<T> {
  readonly #channel: Channel<T>;
  readonly #accept: Accept<T>;
  readonly #onEmpty: () => void;
  #isBusy = false;
  #isStopped = false;
  #failureReason = 'closed';
  #onIdle: (() => void)[] = [];

  /** `onEmpty`: everything that was there has been handed on. */
  constructor(channel: Channel<T>, accept: Accept<T>, onEmpty: () => void) {
    this.#channel = channel;
    this.#accept = accept;
    this.#onEmpty = onEmpty;
  }

  /** To be called after each offer and when time has made something ready. */
  kick(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isStopped) {
      const item = this.#channel.tryTake();
      if (item === undefined) break;
      const accepted = this.#accept(item);
      if (accepted instanceof Promise) {
        void accepted.then((isAccepted) => {
          this.#land(item, isAccepted);
          this.#isBusy = false;
          this.kick();
        });
        return;
      }
      this.#land(item, accepted);
    }
    this.#isBusy = false;
    this.#onEmpty();
    if (this.#onIdle.length > 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Resolves once nothing is in hand and the channel has nothing to take, or it has been stopped. */
  whenIdle(): Promise<void> {
    if (!this.#isBusy && (this.#isStopped || this.#isEmpty)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
    });
  }

  /** Takes nothing more; what is in hand and cannot be handed on fails for `reason`. */
  stop(reason: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#failureReason = reason;
    if (!this.#isBusy) this.kick();
  }

  get #isEmpty(): boolean {
    const { depthItems, heldItems, spilledItems, waiters } = this.#channel;
    return depthItems + heldItems + spilledItems + waiters === 0;
  }

  #land(item: T, isAccepted: boolean): void {
    if (isAccepted) this.#channel.delivered(item);
    else this.#channel.failed(item, this.#failureReason);
  }
}
