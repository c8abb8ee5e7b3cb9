/** One WebSocket connection, put together: what is read, what is to be written, and how it ends. */
import type { Socket } from 'node:net';
import { NS_PER_MS, type Timer } from '../../core/clock.ts';
import type { OfferOutcome } from '../channel/channel.ts';
import { drop, type SilentPeers } from '../resources/silent-peers.ts';
import type { Apply, Send } from './application.ts';
import type { Architecture, ArchitectureParts, Work } from './architectures/architecture.ts';
import { Chain } from './chain.ts';
import { ControlLane } from './control-lane.ts';
import { encodeFrame } from './encode.ts';
import { type InboundFrame, InboundFrames, type InboundMessage } from './inbound-frames.ts';
import { type Line, waitForRoom } from './line.ts';
import { Outbound } from './outbound.ts';
import type { OutboundFrame } from './outbound-frame.ts';
import { type OpenQueue, OutboundQueue } from './outbound-queue.ts';
import { Pauses } from './pauses.ts';
import { PeerWatch } from './peer-watch.ts';
import { CLOSE_MS, type RelaySocket } from './relay-socket.ts';
import { SocketSink } from './socket-sink.ts';

/** What a connection is given by whoever opens it. */
export interface ConnectionParts {
  readonly line: Line;
  readonly ws: RelaySocket;
  /** The one that `ws` was upgraded on. */
  readonly socket: Socket;
  readonly silent: SilentPeers;
  readonly createArchitecture: (parts: ArchitectureParts) => Architecture;
  readonly openQueue: OpenQueue;
  readonly createApplication: (connection: Connection, send: Send) => Apply;
  /** Runs once, when everything of it is settled. */
  readonly onEnd: (connection: Connection, endedCleanly: boolean) => void;
}

export class Connection {
  readonly line: Line;
  readonly pauses: Pauses;
  readonly queue: OutboundQueue;
  readonly architecture: Architecture;
  readonly #parts: ConnectionParts;
  readonly #inbound: InboundFrames;
  readonly #outbound: Outbound;
  readonly #sink: SocketSink;
  readonly #lane: ControlLane | undefined;
  readonly #apply: Apply;
  readonly #giveUp: (reason: string) => void;
  #ageTimer: Timer | undefined;
  #cutTimer: Timer | undefined;
  readonly #watch: PeerWatch | undefined;
  #onLeave: () => Promise<void> = () => Promise.resolve();
  #closeCode = 1013;
  #isFinishing = false;
  #isFinished = false;
  #isCut = false;
  #hasEnded = false;

  constructor(parts: ConnectionParts) {
    const { line, ws, socket } = parts;
    const { settings, clock } = line;
    this.line = line;
    this.#parts = parts;
    this.pauses = new Pauses(clock);
    this.architecture = parts.createArchitecture({ line, work: this.#createWork() });
    const { channel, offer, giveUp } = parts.openQueue(
      {
        onReady: () => this.architecture.onOutbound(),
        onDisconnect: (reason) => this.cut(reason),
      },
      waitForRoom(line, this.architecture.sender, this.architecture),
    );
    this.#giveUp = giveUp;
    this.queue = new OutboundQueue({ channel, offer, onOffered: () => this.architecture.onOutbound() });
    const { writer, process } = this.architecture;
    this.#sink = new SocketSink(ws, socket, line, writer, () => this.#endStalled());
    this.#lane = createLane(line);
    this.#outbound = new Outbound({
      line,
      channel,
      sink: this.#sink,
      lane: this.#lane,
      process,
      onLeave: () => this.queue.checkRoom(),
    });
    this.#apply = parts.createApplication(this, this.#send);
    this.#inbound = new InboundFrames(ws, clock, () => this.architecture.onInbound());
    this.architecture.start({ inbound: this.#inbound, outbound: this.#outbound });
    ws.on('error', () => {}); // protocol errors close the connection with the right code; 'close' follows
    ws.once('close', () => this.#end());
    socket.once('end', () => this.#cutSoon());
    const { pingEveryMs } = settings;
    this.#watch =
      pingEveryMs === null
        ? undefined
        : new PeerWatch({
            socket,
            inbound: this.#inbound,
            sink: this.#sink,
            silent: parts.silent,
            pingEveryMs,
          });
    if (settings.maxConnectionMs !== null) this.#setAgeTimer(settings.maxConnectionMs);
  }

  /** Neither cut off nor left: it takes part. */
  get isOpen(): boolean {
    return !this.#isCut && !this.#hasEnded;
  }

  /** Told when the connection no longer takes part; resolves when nothing goes on for it. May be called again. */
  set onLeave(onLeave: () => Promise<void>) {
    this.#onLeave = onLeave;
  }

  /** Ends it in order: what has been read is answered, and what is queued goes out first, or is given up. */
  async finish(): Promise<void> {
    if (this.#isFinishing || !this.isOpen) return;
    this.#isFinishing = true;
    void this.#onLeave();
    this.#inbound.stop();
    this.#discard();
    await this.architecture.whenRead();
    this.#discard();
    await this.#outbound.whenIdle();
    this.queue.channel.close();
    this.queue.checkRoom();
    this.architecture.onOutbound();
    await this.#outbound.whenDrained();
    if (!this.isOpen) return;
    this.#isFinished = true;
    this.#sink.close(1001, 'shutdown');
    this.#inbound.ignore(); // but for the answer to the close
  }

  #discard(): void {
    if (this.line.settings.shutdown === 'discard') this.queue.channel.discardQueued('shutdown');
  }

  /** Ends it now: what is queued is dropped{shutdown}, a write under way that fails is failed{shutdown}. */
  abandon(): void {
    this.cut('shutdown');
    this.#parts.ws.terminate();
  }

  /** This side gives the connection up, for `reason`. */
  cut(reason: string): void {
    if (!this.isOpen) return;
    this.#isCut = true;
    this.#leave(reason);
    this.#sink.close(this.#closeCode, reason);
    this.#cutSoon();
  }

  /** To be called now and then: is anybody there? */
  look(nowNs: number): void {
    if (!this.isOpen || this.#isFinished || this.#watch?.look(nowNs) !== true) return;
    this.line.counters.endedBySilence++;
    this.cut('disconnect.gone');
    drop(this.#parts.socket);
  }

  /** Text only. */
  refuseBinary(): void {
    this.#closeCode = 1003;
    this.cut('disconnect.peer');
  }

  #createWork(): Work {
    const { line } = this;
    const inbound = new Chain(line.settings.inbound, this.pauses);
    const outbound = new Chain(line.settings.outbound, this.pauses);
    return {
      answer: (frame) => this.#answer(frame),
      runInbound: (message) => this.#runInbound(message, inbound),
      apply: (message) => (this.isOpen ? this.#apply(message) : undefined),
      runOutbound: outbound.hasWork ? (frame) => outbound.run(frame.middleware + 1) : undefined,
    };
  }

  #runInbound({ readNs }: InboundMessage, chain: Chain): void | Promise<void> {
    const told = this.architecture.state.mutate((state) => {
      state.received++;
      state.lastSeenNs = readNs;
    });
    return told instanceof Promise ? told.then(() => chain.run(chain.length)) : chain.run(chain.length);
  }

  readonly #send: Send = (frame) => this.#offer(frame, this.architecture.sender);

  /** `who` waits where there is no room. */
  #offer(frame: OutboundFrame, who: string): ReturnType<Send> {
    try {
      const offered = this.queue.offer(frame, who);
      // A strategy that throws has failed this message, and is counted for it.
      return offered instanceof Promise ? offered.catch((): OfferOutcome => 'failed') : offered;
    } catch {
      return 'failed';
    }
  }

  // Control frames.

  #answer(frame: Exclude<InboundFrame, InboundMessage>): void {
    if (!this.isOpen) return;
    if (frame.kind === 'ping') return this.#answerPing(frame.data);
    void this.#onLeave(); // no live event comes after it
    const { control } = this.line.settings;
    if (control === 'queue') this.#outbound.closeWhenEmpty(frame);
    else if (this.#lane !== undefined) this.#lane.push(frame);
    else return this.#sink.close(frame.code, frame.reason);
    this.architecture.onOutbound();
  }

  #answerPing(data: Buffer): void {
    const { counters, settings, clock } = this.line;
    counters.pings++;
    const wire = encodeFrame('pong', data);
    if (settings.control === 'queue') {
      const { length } = wire;
      const traits = { class: 0, key: `pong ${counters.pings}`, flow: 'control', middleware: -1 };
      const frame = { wire, bytes: length, ...traits, queuedNs: clock.nowNs() };
      // Whoever reads does not wait for it: no flood of pings may stop the reading that would end it.
      const sent = this.#offer(frame, `${this.line.name} pong`);
      if (sent === 'queued' || sent instanceof Promise) counters.pongs++;
    } else if (this.#lane === undefined) this.#sink.writePong(wire);
    else {
      if (!this.#lane.push({ kind: 'pong', wire })) counters.pongsReplaced++;
      this.architecture.onOutbound();
    }
  }

  // Ends.

  #setAgeTimer(maxConnectionMs: number): void {
    const { clock, counters } = this.line;
    this.#ageTimer = clock.setTimer(clock.nowNs() + maxConnectionMs * NS_PER_MS, async () => {
      await this.finish();
      if (this.#isFinished) counters.endedByAge++;
    });
  }

  #endStalled(): void {
    this.line.counters.endedBySendTimeout++;
    this.cut('disconnect.slow');
    this.#parts.ws.terminate(); // nothing that is written now would arrive
  }

  /** The peer has closed its half, or is to answer our close: it has a moment. */
  #cutSoon(): void {
    const { clock } = this.line;
    if (this.#hasEnded) return;
    this.#cutTimer ??= clock.setTimer(clock.nowNs() + CLOSE_MS * NS_PER_MS, () => this.#parts.ws.terminate());
  }

  /** Nothing more is read, queued or written. */
  #leave(reason: string): void {
    void this.#onLeave();
    this.pauses.stop();
    this.#inbound.ignore();
    this.#outbound.stop(reason);
    this.#giveUp(reason);
    this.queue.channel.discardQueued(reason);
    this.queue.channel.close();
    this.queue.checkRoom();
  }

  /** The socket has closed. */
  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ageTimer?.cancel();
    this.#cutTimer?.cancel();
    if (!this.#isCut) this.#leave('disconnect.peer');
    this.#sink.release();
    // The callbacks of unfinished writes come after 'close'; only then is everything settled.
    void Promise.all([this.architecture.stop(), this.#outbound.whenIdle(), this.#onLeave()]).then(() =>
      this.#parts.onEnd(this, this.#isFinished),
    );
  }
}

function createLane({ settings }: Line): ControlLane | undefined {
  const { control, controlCapacity, controlWeight } = settings;
  if (control === 'strict') return new ControlLane(controlCapacity, null);
  return control === 'weighted' ? new ControlLane(controlCapacity, controlWeight) : undefined;
}
