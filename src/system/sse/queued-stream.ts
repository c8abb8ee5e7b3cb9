/**
 * One connection that subscribes to a feed: its queue, its socket, and the three ways in which it ends: in
 * order, cut off by this side, or left by the peer.
 */
import type { Socket } from 'node:net';
import type { Boundary } from '../boundary.ts';
import type { Channel } from '../channel/channel.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { type Frame, SocketPump } from '../socket-pump.ts';

export interface QueuedStreamOptions {
  /** Where its queue is opened. */
  readonly boundary: Boundary<Frame>;
  readonly tasks: TaskRegistry;
  /** The id that the client named itself with, or `null`. */
  readonly clientId: string | null;
  /** Runs once, when the connection has ended and everything of it is booked. */
  readonly onEnd: () => void;
}

export abstract class QueuedStream<Options extends QueuedStreamOptions> {
  readonly channel: Channel<Frame>;
  readonly socket: Socket;
  protected readonly options: Options;
  readonly #pump: SocketPump;
  #isFinished = false;
  #isCut = false;
  #hasEnded = false;

  constructor(socket: Socket, options: Options) {
    this.socket = socket;
    this.options = options;
    this.channel = options.boundary.open({
      onReady: () => this.kick(),
      onDisconnect: (reason) => this.cut(reason),
    });
    this.#pump = new SocketPump(this.channel, socket, 'disconnect.peer', {
      before: (frame) => this.beforeFrame(frame),
      afterWrite: (batch) => this.afterWrite(batch),
    });
  }

  /** The last words of a stream that ends in order. */
  protected abstract sayFarewell(): void;
  /** Ends the connection without further ado; `reason` is what its strategy or the system says. */
  protected abstract hangUp(reason: string): void;
  /** Lets go of what belongs to the connection alone: timers, tasks. */
  protected abstract release(): void;

  /** Bytes that go right before `frame`, if any. */
  protected abstract beforeFrame(frame: Frame): Uint8Array | undefined;
  /** The kernel has accepted `batch`. */
  protected abstract afterWrite(batch: readonly Frame[]): void;
  /** Books the stream, once everything in its queue is settled; `isFinished`: it ended in order. */
  protected abstract settle(isFinished: boolean): Promise<void>;

  /** Whether the kernel has yet to accept something. */
  get isWriting(): boolean {
    return this.#pump.isWriting;
  }

  /** Neither cut off nor left: it takes part. */
  protected get isOpen(): boolean {
    return !this.#isCut && !this.#hasEnded;
  }

  kick(): void {
    this.#pump.kick();
  }

  /** Ends the stream in order: everything queued or held goes out first. */
  async finish(): Promise<void> {
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
    this.channel.discardQueued('disconnect.peer');
    this.channel.close();
    // The callbacks of unfinished writes come after 'close'; only then is everything settled.
    void this.#pump
      .whenIdle()
      .then(() => this.settle(this.#isFinished))
      .then(() => this.options.onEnd());
  }
}
