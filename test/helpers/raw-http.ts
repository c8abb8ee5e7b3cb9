/** A client that sends exactly the bytes it is given and keeps what comes back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Message, readMessages } from './message-reader.ts';
import { ownStream } from './own-stream.ts';
import { until } from './system.ts';

export class RawClient {
  /** The TCP connection. */
  readonly socket: Socket;
  /** What is written to and read from: the connection, or TLS over it. */
  #stream: Socket;
  #chunks: Buffer[] = [];
  #hasEnded = false;
  #isClosed = false;
  #error: string | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#stream = socket;
    this.#follow(socket);
  }

  /** `localAddress` where many connections would use up the ports of one. */
  static async connect(url: string, localAddress?: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port),
      allowHalfOpen: true,
      localAddress,
    });
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new RawClient(socket);
  }

  /** TLS over this connection from now on; what came before is forgotten. Rejects when the handshake fails. */
  async startTls(options: ConnectionOptions): Promise<void> {
    this.socket.removeAllListeners('data').removeAllListeners('end');
    const stream = connectTls({ ALPNProtocols: ['http/1.1'], ...options, socket: ownStream(this.socket) });
    stream.allowHalfOpen = true;
    this.#stream = stream;
    this.forget();
    this.#follow(stream);
    await once(stream, 'secureConnect');
  }

  /** Takes nothing more from the kernel, once the stream's own buffer is full. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** What came until now belonged to something else. */
  forget(): void {
    this.#chunks = [];
  }

  /** The bare stream, for somebody else to read and write; this client keeps nothing any more. */
  release(): Socket {
    this.#stream.removeAllListeners('data');
    this.#stream.allowHalfOpen = false;
    return this.#stream;
  }

  get stream(): Socket {
    return this.#stream;
  }

  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** The peer has sent its FIN. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Code of the error that ended the connection, such as `ECONNRESET`. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Nothing more will come. */
  get isOver(): boolean {
    return this.#hasEnded || this.#isClosed;
  }

  write(bytes: string | Uint8Array): boolean {
    return this.#stream.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Each byte in a segment of its own; stops when the peer has had enough. */
  async writeByBytes(bytes: string | Uint8Array): Promise<void> {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    for (let i = 0; i < all.length && !this.#isClosed && !this.#hasEnded; i++) {
      this.write(all.subarray(i, i + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** FIN, and goes on reading. */
  end(): void {
    this.#stream.end();
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
    if (this.#stream !== this.socket) this.#stream.destroy();
  }

  destroy(): void {
    this.#stream.destroy();
    this.socket.destroy();
  }

  /** What came so far, as answers to requests with `methods`. Throws MalformedMessage for what is none. */
  answers(...methods: string[]): Message[] {
    return this.read(methods).messages;
  }

  read(methods: readonly string[] = []): { messages: Message[]; rest: Buffer } {
    return readMessages(this.received, { kind: 'answer', methods, isEnded: this.#hasEnded });
  }

  /** Final answers, those with 1xx left out. */
  finals(...methods: string[]): Message[] {
    return this.answers(...methods).filter(({ startLine }) => !/^HTTP\/1\.1 1\d\d/.test(startLine));
  }

  /** Waits for the whole final answer to the `count`-th request. */
  async answer(count = 1, ...methods: string[]): Promise<Message> {
    const found = () => {
      const one = this.finals(...methods)[count - 1];
      return one?.isComplete ? one : undefined;
    };
    await until(() => found() !== undefined || this.#isClosed, `answer ${count} is complete`, 5000);
    const message = found();
    if (message === undefined)
      throw new Error(`closed (${this.#error ?? 'FIN'}) before answer ${count}: ${this.#show()}`);
    return message;
  }

  async over(timeoutMs = 5000): Promise<void> {
    await until(() => this.isOver, `the peer closes; so far ${this.#show()}`, timeoutMs);
  }

  #show(): string {
    return JSON.stringify(this.received.subarray(0, 200).toString('latin1'));
  }

  #follow(stream: Socket): void {
    stream
      .on('data', (bytes: Buffer) => this.#chunks.push(bytes))
      .on('end', () => {
        this.#hasEnded = true;
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        this.#error ??= error.code ?? error.message;
      })
      .once('close', () => {
        this.#isClosed = true;
      });
  }
}
