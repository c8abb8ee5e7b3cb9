/**
 * One WebSocket connection with reader and writer apart: events and replies go through the outbound
 * queue; ping, pong and close are the library's and never wait in it.
 */
import type { Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { CLASS_CRITICAL } from '../channel/entry.ts';
import type { StreamOptions } from '../feed.ts';
import { QueuedStream } from '../queued-stream.ts';
import type { TaskOwner } from '../resources/task-registry.ts';
import type { Frame } from '../socket-pump.ts';
import { encodeTextFrame } from './encode.ts';

/** Replies of one connection that may wait for room before its messages are no longer read. */
const MAX_REPLIES_PENDING = 64;
/** How long a peer may take to answer a close before its socket is cut. */
const CLOSE_MS = 1000;

export class WsConnection extends QueuedStream {
  readonly #ws: WebSocket;
  readonly #endTasks: (() => void)[];
  #closeTimer: NodeJS.Timeout | undefined;
  #closeCode = 1013;
  #repliesPending = 0;
  #replies = 0;

  /** `socket` is the one that `ws` was upgraded on. */
  constructor(ws: WebSocket, socket: Socket, options: StreamOptions) {
    super(socket, options);
    this.#ws = ws;
    const owner: TaskOwner = { tasks: 0 };
    this.#endTasks = ['ws.reader', 'ws.writer'].map((kind) => options.tasks.begin(kind, owner).end);
    ws.on('message', (data, isBinary) => this.#answer(data, isBinary));
    ws.on('error', () => {}); // protocol errors close the connection with the right code; 'close' follows
    ws.once('close', () => this.end());
    options.feed.add(this);
  }

  /** No data frame may follow a close frame, whoever sent that (RFC 6455 §5.5.1). */
  protected get canWrite(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  protected sayFarewell(): void {
    this.#ws.close(1001, 'shutdown');
  }

  protected hangUp(reason: string): void {
    if (reason === 'shutdown') {
      this.#ws.terminate();
      return;
    }
    this.#ws.close(this.#closeCode, reason);
    this.#closeTimer = setTimeout(() => this.#ws.terminate(), CLOSE_MS);
  }

  protected release(): void {
    clearTimeout(this.#closeTimer);
    for (const end of this.#endTasks) end();
  }

  /** Answers a text message with itself, `seq` renamed to `re`. */
  #answer(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return;
    if (isBinary) {
      this.#closeCode = 1003; // text only
      this.cut('disconnect.peer');
      return;
    }
    const text = data.toString();
    const wire = encodeTextFrame(text.startsWith('{"seq":') ? `{"re":${text.slice(7)}` : text);
    const number = ++this.#replies;
    const frame: Frame = {
      wire,
      bytes: wire.length,
      class: CLASS_CRITICAL,
      key: `reply ${number}`,
      flow: 'replies',
    };
    // Reading goes on while replies wait, so that pings are served; a flood of its own makes a client wait.
    if (++this.#repliesPending === MAX_REPLIES_PENDING) this.#ws.pause();
    const onDone = (): void => {
      if (this.#repliesPending-- === MAX_REPLIES_PENDING && this.isOpen) this.#ws.resume();
    };
    // A strategy that throws has failed this reply, and is counted for it.
    this.options.feed.offer(this, frame).then(onDone, onDone);
  }
}
