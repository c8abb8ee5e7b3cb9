/**
 * One WebSocket connection with reader and writer apart: events and replies go through the outbound
 * queue; ping, pong and close are the library's and never wait in it.
 */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { CLASS_CRITICAL } from '../channel/entry.ts';
import type { StreamOptions, Subscriber } from '../feed.ts';
import type { TaskOwner } from '../resources/task-registry.ts';
import { type Frame, SocketPump } from '../socket-pump.ts';
import { encodeTextFrame } from './encode.ts';

/** Replies of one connection that may wait for room before its messages are no longer read. */
const MAX_REPLIES_PENDING = 64;
const CUT_OFF_MS = 1000;

export class WsConnection implements Subscriber {
  readonly channel: Subscriber['channel'];
  readonly socket: Socket;
  readonly #ws: WebSocket;
  readonly #options: StreamOptions<WsConnection>;
  readonly #pump: SocketPump;
  readonly #endTasks: (() => void)[];
  #cutOffTimer: NodeJS.Timeout | undefined;
  #repliesPending = 0;
  #replies = 0;
  #finished = false;
  #ended = false;

  /** `socket` is the one that `ws` was upgraded on. */
  constructor(ws: WebSocket, socket: Socket, options: StreamOptions<WsConnection>) {
    this.#ws = ws;
    this.socket = socket;
    this.#options = options;
    this.channel = options.feed.boundary.open({
      onReady: () => this.kick(),
      onDisconnect: (reason) => this.#cutOff(reason),
    });
    this.#pump = new SocketPump(this.channel, socket, 'disconnect.peer');
    const owner: TaskOwner = { tasks: 0 };
    this.#endTasks = ['ws.reader', 'ws.writer'].map((kind) => options.tasks.begin(kind, owner).end);
    ws.on('message', (data, isBinary) => this.#answer(data, isBinary));
    ws.on('error', () => {}); // protocol errors close the connection with the right code; 'close' follows
    ws.once('close', () => this.#end());
    options.feed.add(this);
  }

  kick(): void {
    this.#pump.kick();
  }

  /** Closes in order (1001): everything queued or held goes out first. */
  async finish(): Promise<void> {
    this.#options.feed.remove(this);
    await this.#pump.whenIdle();
    this.channel.close();
    await this.#pump.whenDrained();
    if (this.#ended) return;
    this.#finished = true;
    this.#ws.close(1001, 'shutdown');
  }

  /** Ends it now: what is still queued is dropped{shutdown}. */
  abandon(): void {
    this.channel.discardQueued('shutdown');
    this.#ws.terminate();
  }

  /** Answers a text message with itself, `seq` renamed to `re`. */
  #answer(data: RawData, isBinary: boolean): void {
    if (isBinary) {
      this.#ws.close(1003, 'text only');
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
    void this.#options.feed.offer(this, frame).then(() => {
      if (this.#repliesPending-- === MAX_REPLIES_PENDING && !this.#ended) this.#ws.resume();
    });
  }

  /** Its strategy gives it up: 1013 (try again later), and no more patience than a second for the answer. */
  #cutOff(reason: string): void {
    this.#options.feed.remove(this);
    this.channel.discardQueued(reason);
    this.#ws.close(1013, 'too slow');
    this.#cutOffTimer = setTimeout(() => this.#ws.terminate(), CUT_OFF_MS);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#cutOffTimer);
    const { feed, clientId, onEnd } = this.#options;
    feed.remove(this);
    this.channel.discardQueued('disconnect.peer');
    this.channel.close();
    void this.#pump.whenIdle().then(() => {
      feed.boundary.retire(this.channel, clientId, this.#finished);
      for (const end of this.#endTasks) end();
      onEnd(this);
    });
  }
}
