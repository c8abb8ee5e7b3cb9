/**
 * A WebSocket connection that gets every message back as it came, text or binary. Its queue is its own and
 * blocks whatever strategy stands elsewhere: while it is full the socket is not read, so the peer waits and
 * nothing is dropped.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Clock } from '../../core/clock.ts';
import { type Channel, createChannel } from '../channel/channel.ts';
import block from '../overflow/block.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { type Frame, SocketPump } from '../socket-pump.ts';
import { encodeFrame } from './encode.ts';

export interface EchoOptions {
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** What the WebSocket library lets through at most; the queue holds two such messages. */
  readonly maxMessageBytes: number;
  /** Runs once, when the connection has ended. */
  readonly onEnd: (connection: EchoConnection) => void;
}

const CAPACITY_ITEMS = 64;
/** Messages of one read arrive together, whatever was paused: each of them has a place in the line. */
const MAX_WAITERS = 1_000_000;

export class EchoConnection {
  readonly #ws: WebSocket;
  readonly #channel: Channel<Frame>;
  readonly #pump: SocketPump;
  readonly #endTask: () => void;
  readonly #onEnd: (connection: EchoConnection) => void;
  /** Messages that wait for room. */
  #waiting = 0;
  #isFinishing = false;
  #hasEnded = false;

  /** `socket` is the one that `ws` was upgraded on. */
  constructor(ws: WebSocket, socket: Socket, options: EchoOptions) {
    this.#ws = ws;
    this.#onEnd = options.onEnd;
    this.#channel = createChannel<Frame>({
      overflow: block,
      capacityItems: CAPACITY_ITEMS,
      capacityBytes: 2 * options.maxMessageBytes + 4096, // and what frames and entries add
      maxWaiters: MAX_WAITERS,
      sizeOf: (frame) => frame.bytes,
      clock: options.clock,
    });
    // No data frame may follow a close frame, whoever sent that (RFC 6455 §5.5.1).
    const canWrite = (): boolean => ws.readyState === WebSocket.OPEN;
    this.#pump = new SocketPump(this.#channel, socket, 'disconnect.peer', canWrite);
    this.#endTask = options.tasks.begin('ws.echo', { tasks: 0 }).end;
    ws.on('message', (data, isBinary) => this.#echo(data as Buffer, isBinary));
    ws.on('error', () => {}); // protocol errors close the connection with the right code; 'close' follows
    ws.once('close', () => this.#end());
  }

  /** Reads nothing more, answers what was read, and says goodbye. */
  async finish(): Promise<void> {
    if (this.#isFinishing || this.#hasEnded) return;
    this.#isFinishing = true;
    this.#ws.pause();
    await this.#pump.whenDrained();
    if (this.#hasEnded) return;
    this.#ws.close(1001, 'shutdown');
    this.#ws.resume(); // for the answer to the close
  }

  /** Cuts the connection now. */
  abandon(): void {
    this.#pump.stop('shutdown');
    this.#ws.terminate();
  }

  #echo(data: Buffer, isBinary: boolean): void {
    const isOver = this.#ws.readyState !== WebSocket.OPEN;
    if (isOver) return; // after the goodbye
    const wire = encodeFrame(isBinary ? 'binary' : 'text', data);
    const frame: Frame = { wire, bytes: wire.length, class: 0, key: '', flow: '' };
    const outcome = this.#channel.offer(frame);
    this.#pump.kick();
    if (!(outcome instanceof Promise)) return;
    if (this.#waiting++ === 0) this.#ws.pause();
    void outcome.then(() => {
      if (--this.#waiting === 0 && !this.#isFinishing && !this.#hasEnded) this.#ws.resume();
    });
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#channel.discardQueued('disconnect.peer');
    this.#channel.close();
    void this.#pump.whenIdle().then(() => {
      this.#endTask();
      this.#onEnd(this);
    });
  }
}
