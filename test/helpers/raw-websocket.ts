/** A WebSocket client that shakes hands by hand, sends any bytes, and reads strictly what comes back. */
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Inflater } from './deflate.ts';
import { type Message, statusOf, valuesOf } from './message-reader.ts';
import type { RawClient } from './raw-http.ts';
import { until } from './system.ts';
import { FrameReader, type Heard, tell } from './websocket-frames.ts';

const TIMEOUT_MS = 5000;

/** What the server has agreed to of permessage-deflate. */
export interface DeflateTerms {
  readonly serverWindowBits: number;
  readonly clientWindowBits: number;
  readonly hasServerContext: boolean;
  readonly hasClientContext: boolean;
}

export interface Offer {
  /** `Sec-WebSocket-Extensions`. Default: none is offered. */
  readonly extensions?: string;
  /** Behind the head of the request, before there is an answer to it. */
  readonly early?: Uint8Array;
}

/** The fields of a handshake that is right, behind the request line and Host. */
export function handshakeFields(key: string, extensions?: string): string[] {
  return [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...(extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
  ];
}

export class RawWebSocket {
  /** Null where compression was not agreed on. */
  readonly terms: DeflateTerms | null;
  /** Everything that came, pings and pongs and the close frame included. */
  readonly heard: Heard[] = [];
  readonly #client: RawClient;
  readonly #stream: Socket;
  readonly #reader: FrameReader;
  #violation: string | undefined;
  #hasEnded = false;
  #isClosed = false;
  #look: () => void = () => {};

  private constructor(client: RawClient, head: Message, first: Buffer, offer: Offer) {
    this.#client = client;
    this.#stream = client.stream;
    this.terms = readTerms(valuesOf(head, 'sec-websocket-extensions'), offer.extensions);
    const { terms } = this;
    this.#reader = new FrameReader(
      terms === null
        ? null
        : new Inflater({ windowBits: terms.serverWindowBits, hasContext: terms.hasServerContext }),
    );
    this.#take(first);
    this.#stream
      .removeAllListeners('data')
      .on('data', (bytes: Buffer) => this.#take(bytes))
      .once('end', () => {
        this.#hasEnded = true;
        this.#look();
      })
      .once('close', () => {
        this.#isClosed = true;
        this.#look();
      });
    // A stream that closed before anybody listened.
    this.#hasEnded = client.hasEnded;
    this.#isClosed = client.isClosed;
  }

  /**
   * On a connection to the server, or to what leads there. `head` gives a GET with these fields, without the empty
   * line behind it. Throws for any answer but the right one.
   */
  static async shake(
    client: RawClient,
    head: (fields: string[]) => string,
    offer: Offer = {},
  ): Promise<RawWebSocket> {
    const key = randomBytes(16).toString('base64');
    const request = Buffer.from(`${head(handshakeFields(key, offer.extensions))}\r\n`, 'latin1');
    client.write(Buffer.concat([request, offer.early ?? Buffer.alloc(0)]));
    const found = () => client.answers()[0]; // a 101 is no final answer
    await until(() => found() !== undefined || client.isClosed, 'the handshake is answered');
    const answer = found();
    if (answer === undefined)
      throw new Error(`closed (${client.error ?? 'FIN'}) before the handshake was answered`);
    const { rest } = client.read();
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const only = (name: string) => valuesOf(answer, name).join(' | ');
    const isRight =
      statusOf(answer.startLine) === 101 &&
      only('upgrade').toLowerCase() === 'websocket' &&
      only('connection').toLowerCase() === 'upgrade' &&
      only('sec-websocket-accept') === accept &&
      valuesOf(answer, 'sec-websocket-protocol').length === 0;
    if (!isRight) throw new Error(`handshake: ${answer.startLine} ${JSON.stringify(answer.headers)}`);
    return new RawWebSocket(client, answer, Buffer.from(rest), offer);
  }

  /** Resolves once the kernel has it. A connection that has gone takes everything and keeps nothing. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.writable) this.#stream.write(bytes, () => resolve());
      else resolve();
    });
  }

  /** Each of `parts` in a TCP segment of its own, as far as a sender can have it. */
  async writeApart(parts: Iterable<Uint8Array>): Promise<void> {
    for (const part of parts) {
      await this.write(part);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** FIN, and goes on reading. */
  end(): void {
    this.#stream.end();
  }

  /** RST, where there is TCP alone. */
  reset(): void {
    this.#client.reset();
  }

  destroy(): void {
    this.#client.destroy();
  }

  /** Reads nothing from now on: what comes stays in the kernel, and then with the server. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Bytes that the kernel has not taken. */
  get pendingBytes(): number {
    return this.#stream.writableLength;
  }

  get closeFrame(): Heard | undefined {
    return this.heard.find(({ kind }) => kind === 'close');
  }

  /** Of text, binary, pongs and so on, those that came. */
  of(...kinds: Heard['kind'][]): Heard[] {
    return this.heard.filter(({ kind }) => kinds.includes(kind));
  }

  /** Waits until `holds`, looked at whenever something came; throws when nothing more can come, or time is up. */
  async until(holds: () => boolean, what: string, timeoutMs = TIMEOUT_MS): Promise<void> {
    if (holds()) return;
    const look = this.#look;
    await new Promise<void>((resolve, reject) => {
      const finish = (problem?: string): void => {
        clearTimeout(timer);
        this.#look = look;
        if (problem === undefined) resolve();
        else reject(new Error(`${problem} until ${what}; heard: ${this.#tellHeard()}`));
      };
      const timer = setTimeout(() => finish(`waited ${timeoutMs} ms in vain`), timeoutMs);
      this.#look = () => {
        if (holds()) finish();
        else if (this.#violation !== undefined) finish(`the server sent ${this.#violation}`);
        else if (this.#isClosed) finish(`closed (${this.#client.error ?? 'in order'})`);
      };
      this.#look();
    });
  }

  /** Waits for `count` things in all. */
  async hears(count: number): Promise<void> {
    await this.until(() => this.heard.length >= count, `${count} frames came`);
  }

  /** Waits for the server's close frame, or for the end without one. */
  async closes(timeoutMs?: number): Promise<Heard | undefined> {
    const isOver = () => this.closeFrame !== undefined || this.#hasEnded || this.#isClosed;
    await this.until(isOver, 'the server closes', timeoutMs);
    return this.closeFrame;
  }

  /** Waits for the server's FIN. Throws for a reset, for what a server may not send, and for half a frame. */
  async ends(timeoutMs?: number): Promise<void> {
    await this.until(() => this.#hasEnded || this.#violation !== undefined, 'the server ends', timeoutMs);
    if (this.#violation !== undefined) throw new Error(`the server sent ${this.#violation}`);
    if (this.#reader.restBytes > 0) throw new Error('the connection ended within a frame');
  }

  #take(bytes: Buffer): void {
    if (this.#violation !== undefined) return;
    try {
      this.heard.push(...this.#reader.push(bytes));
    } catch (error) {
      this.#violation = String(error);
    }
    this.#look();
  }

  #tellHeard(): string {
    return JSON.stringify(this.heard.slice(-5).map(tell));
  }
}

/** The terms of an answer, which may hold what was offered and nothing else (RFC 7692 §7.1). */
function readTerms(answered: readonly string[], offered = ''): DeflateTerms | null {
  if (answered.length === 0) return null;
  const [name, ...parameters] = answered
    .join(',')
    .split(';')
    .map((part) => part.trim());
  if (name !== 'permessage-deflate' || !offered.includes('permessage-deflate'))
    throw new Error(`the server uses ${answered}, where it was offered '${offered}'`);
  const terms = {
    serverWindowBits: 15,
    clientWindowBits: 15,
    hasServerContext: true,
    hasClientContext: true,
  };
  for (const parameter of parameters) {
    const [key, value] = parameter.split('=');
    const bits = /^"?([89]|1[0-5])"?$/.exec(value ?? '')?.[1];
    if (key === 'server_no_context_takeover' && value === undefined) terms.hasServerContext = false;
    else if (key === 'client_no_context_takeover' && value === undefined) terms.hasClientContext = false;
    else if (key === 'server_max_window_bits' && bits !== undefined) terms.serverWindowBits = Number(bits);
    else if (key === 'client_max_window_bits' && bits !== undefined && offered.includes(key))
      terms.clientWindowBits = Number(bits);
    else throw new Error(`the server answers '${offered}' with '${answered}'`);
  }
  return terms;
}
