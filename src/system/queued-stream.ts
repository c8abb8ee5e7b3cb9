/**
 * One connection that subscribes to a feed: its queue, its socket, and the three ways in which it ends: in
 * order, cut off by this side, or left by the peer.
 */
import type { Socket } from 'node:net';
import type { StreamOptions, Subscriber } from './feed.ts';
import { SocketPump } from './socket-pump.ts';

export abstract class QueuedStream implements Subscriber {
  readonly channel: Subscriber['channel'];
  readonly socket: Socket;
  protected readonly options: StreamOptions;
  readonly #pump: SocketPump;
  #isFinished = false;
  #isCut = false;
  #hasEnded = false;

  constructor(socket: Socket, options: StreamOptions) {
    this.socket = socket;
    this.options = options;
    this.channel = options.feed.boundary.open({
      onReady: () => this.kick(),
      onDisconnect: (reason) => this.cut(reason),
    });
    this.#pump = new SocketPump(this.channel, socket, 'disconnect.peer', () => this.canWrite);
  }

  /** Whether events may still be written, as far as the protocol is concerned. */
  protected abstract get canWrite(): boolean;
  /** The last words of a stream that ends in order. */
  protected abstract sayFarewell(): void;
  /** Ends the connection without further ado; `reason` is what its strategy or the system says. */
  protected abstract hangUp(reason: string): void;
  /** Lets go of what belongs to the connection alone: timers, tasks. */
  protected abstract release(): void;

  /** Neither cut off nor left: it takes part. */
  protected get isOpen(): boolean {
    return !this.#isCut && !this.#hasEnded;
  }

  kick(): void {
    this.#pump.kick();
  }

  /** Ends the stream in order: everything queued or held goes out first. */
  async finish(): Promise<void> {
    this.options.feed.remove(this);
    await this.#pump.whenIdle();
    this.channel.close();
    await this.#pump.whenDrained();
    if (!this.isOpen) return;
    this.#isFinished = true;
    this.sayFarewell();
  }

  /** Ends it now: what is queued is dropped{shutdown}, a write under way that fails is failed{shutdown}. */
  abandon(): void {
    this.cut('shutdown');
  }

  /** This side gives the connection up, for `reason`. */
  protected cut(reason: string): void {
    if (!this.isOpen) return;
    this.#isCut = true;
    this.options.feed.remove(this);
    this.#pump.stop(reason);
    this.channel.discardQueued(reason);
    this.channel.close();
    this.hangUp(reason);
  }

  /** The socket has closed. */
  protected end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.release();
    const { feed, clientId, onEnd } = this.options;
    feed.remove(this);
    this.channel.discardQueued('disconnect.peer');
    this.channel.close();
    // The callbacks of unfinished writes come after 'close'; only then is everything settled.
    void this.#pump.whenIdle().then(() => {
      feed.boundary.retire(this.channel, clientId, this.#isFinished);
      onEnd(this);
    });
  }
}
