/** A server that notes every byte it gets and answers with exactly the bytes a test gives it. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Message, readMessages } from './message-reader.ts';
import { ownStream } from './own-stream.ts';
import type { Identity } from './tls-origin.ts';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What becomes of the connection after scripted bytes. */
export type After = 'keep' | 'fin' | 'rst';

export class UpstreamConnection {
  readonly socket: Socket;
  /** The connection, or TLS over it. */
  readonly stream: Socket;
  #chunks: Buffer[] = [];
  hasEnded = false;
  isClosed = false;
  /** Requests whose head was answered for, and those that came whole. */
  headsSeen = 0;
  wholesSeen = 0;
  /** Why the bytes are no requests, if they are none. */
  malformed: string | undefined;

  constructor(socket: Socket, stream: Socket) {
    this.socket = socket;
    this.stream = stream;
    stream
      .on('data', (bytes: Buffer) => this.#chunks.push(bytes))
      .on('end', () => {
        this.hasEnded = true;
      })
      .on('error', () => {});
    socket
      .on('error', () => {})
      .once('close', () => {
        this.isClosed = true;
      });
  }

  get bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  requests(): { messages: Message[]; rest: Buffer } {
    return readMessages(this.bytes, { kind: 'request' });
  }

  write(bytes: string | Uint8Array): boolean {
    return this.stream.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  async writeByBytes(bytes: string | Uint8Array): Promise<void> {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    for (let i = 0; i < all.length && !this.isClosed; i++) {
      this.write(all.subarray(i, i + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(after: After): void {
    if (after === 'fin') this.stream.end();
    else if (after === 'rst') {
      this.socket.resetAndDestroy();
      if (this.stream !== this.socket) this.stream.destroy();
    }
  }
}

export interface UpstreamScript {
  /** A connection was made. */
  onConnection?(connection: UpstreamConnection): void;
  /** The head of a request is there, its body perhaps not. */
  onHead?(request: Message, connection: UpstreamConnection): void;
  /** A request came whole. Without it, and for paths with `clean` always, the answer is {@link OK}. */
  onRequest?(request: Message, connection: UpstreamConnection): void;
}

export class RawUpstream implements AsyncDisposable {
  readonly connections: UpstreamConnection[] = [];
  readonly #server: Server;
  port = 0;

  private constructor(script: UpstreamScript, identity: Identity | undefined) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const stream =
        identity === undefined
          ? socket
          : new TLSSocket(ownStream(socket), { isServer: true, ...identity, ALPNProtocols: ['http/1.1'] });
      stream.allowHalfOpen = true;
      const connection = new UpstreamConnection(socket, stream);
      this.connections.push(connection);
      script.onConnection?.(connection);
      stream.on('data', () => follow(connection, script)).on('end', () => stream.end());
    });
  }

  /** Speaks TLS with an identity, else plain TCP. */
  static async start(script: UpstreamScript = {}, identity?: Identity): Promise<RawUpstream> {
    const upstream = new RawUpstream(script, identity);
    await once(upstream.#server.listen(0, '127.0.0.1'), 'listening');
    upstream.port = (upstream.#server.address() as AddressInfo).port;
    return upstream;
  }

  /** All requests on all connections, those that did not come whole included. */
  requests(): Message[] {
    return this.connections.flatMap((connection) => connection.requests().messages);
  }

  /** Bytes that came, of all connections. */
  text(): string {
    return this.connections.map(({ bytes }) => bytes.toString('latin1')).join('\n---\n');
  }

  get openCount(): number {
    return this.connections.filter(({ isClosed }) => !isClosed).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket, stream } of this.connections) {
      stream.destroy();
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function follow(connection: UpstreamConnection, script: UpstreamScript): void {
  let messages: Message[];
  try {
    messages = connection.requests().messages;
  } catch (error) {
    connection.malformed = (error as Error).message;
    return;
  }
  for (; connection.headsSeen < messages.length; connection.headsSeen++)
    if (!isClean(messages[connection.headsSeen]))
      script.onHead?.(messages[connection.headsSeen]!, connection);
  while (messages[connection.wholesSeen]?.isComplete) {
    const request = messages[connection.wholesSeen++]!;
    if (script.onRequest === undefined || isClean(request)) connection.write(OK);
    else script.onRequest(request, connection);
  }
}

function isClean(request: Message | undefined): boolean {
  return request !== undefined && / \S*clean\S* HTTP/.test(request.startLine);
}
