/** Opens one connection: the addresses in order, then TLS where it is asked for; all within one time limit. */
import { connect, isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  type SecureContext,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';
import { formatAuthority } from './host-check.ts';
import { type Destination, UpstreamError, type UpstreamFault } from './upstream.ts';

/** A silent address keeps the next one waiting for so long (RFC 8305 §5). */
const NEXT_ADDRESS_MS = 250;

/** What OpenSSL says of bytes that are no TLS record. */
const NO_TLS: ReadonlySet<string> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_DATA_LENGTH_TOO_LONG']);

export interface DialOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The roots that servers are verified against; `undefined`: no TLS, whatever the destination says. */
  readonly secureContext: (() => SecureContext) | undefined;
}

export interface DialHandler {
  /** No listener is on `socket`, and it allows half-open: its owner ends what it writes. */
  onConnected(socket: Socket, address: string): void;
  onFailed(error: UpstreamError): void;
  /** Before either of them, and after `cancel()`, where neither comes. */
  onOver(): void;
}

/** Calls back once, and never from inside the constructor. */
export class Dial {
  readonly #destination: Destination;
  readonly #options: DialOptions;
  readonly #handler: DialHandler;
  readonly #attempts = new Set<Socket>();
  readonly #deadline: Timer;
  #next = 0;
  #nextTimer: Timer | undefined;
  #failure: UpstreamError | undefined;
  #handshake: TLSSocket | undefined;
  #isOver = false;

  constructor(destination: Destination, options: DialOptions, handler: DialHandler) {
    this.#destination = destination;
    this.#options = options;
    this.#handler = handler;
    const { clock, timeoutMs } = options;
    this.#deadline = clock.setTimer(clock.nowNs() + timeoutMs * NS_PER_MS, () => this.#onDeadline());
    this.#tryNext();
  }

  /** Gives up; neither callback comes. */
  cancel(): void {
    if (this.#isOver) return;
    this.#end();
    for (const socket of this.#attempts) discard(socket);
    this.#attempts.clear();
    if (this.#handshake !== undefined) discard(this.#handshake);
  }

  /** Gives up, and tells so. */
  fail(error: UpstreamError): void {
    if (this.#isOver) return;
    this.cancel();
    this.#handler.onFailed(error);
  }

  #tryNext(): void {
    const { addresses, port, host } = this.#destination;
    this.#nextTimer?.cancel();
    const address = addresses[this.#next++];
    if (address === undefined) {
      if (this.#attempts.size > 0) return;
      this.#failLater(this.#failure ?? new UpstreamError('unreachable', 'C', `${host} has no address`));
      return;
    }
    // Anything but an address would be looked up, and what comes out of that was checked by nobody.
    if (isIP(address) === 0 || !(Number.isInteger(port) && port > 0 && port < 65_536)) {
      this.#failure = new UpstreamError('unreachable', 'C', `${address}:${port} is no address to connect to`);
      this.#tryNext();
      return;
    }
    const socket = connect({ host: address, port, noDelay: true, allowHalfOpen: true });
    this.#attempts.add(socket);
    socket.on('connect', () => this.#onConnect(socket, address));
    socket.on('error', (error) => this.#onAttemptFailed(socket, error));
    if (this.#next < addresses.length) this.#tryNextSoon();
  }

  #tryNextSoon(): void {
    const { clock, timeoutMs } = this.#options;
    const waitMs = Math.min(NEXT_ADDRESS_MS, timeoutMs / this.#destination.addresses.length);
    this.#nextTimer = clock.setTimer(clock.nowNs() + waitMs * NS_PER_MS, () => this.#tryNext());
  }

  #onConnect(socket: Socket, address: string): void {
    this.#nextTimer?.cancel();
    this.#attempts.delete(socket);
    for (const other of this.#attempts) discard(other);
    this.#attempts.clear();
    socket.removeAllListeners('connect').removeAllListeners('error');
    if (this.#destination.isTls && this.#options.secureContext !== undefined) {
      this.#shakeHands(socket, address, this.#options.secureContext());
    } else this.#succeed(socket, address);
  }

  #onAttemptFailed(socket: Socket, error: Error): void {
    this.#attempts.delete(socket);
    this.#failure = new UpstreamError(
      connectFaultOf(error),
      'C',
      `cannot connect to ${this.#authority}: ${error.message}`,
      { cause: error },
    );
    this.#tryNext();
  }

  #shakeHands(tcp: Socket, address: string, secureContext: SecureContext): void {
    const { isVerified } = this.#destination;
    const host = plainHost(this.#destination.host);
    // 'error' of the TCP socket is told by the TLS socket too, but not before that listens.
    const options: ConnectionOptions = {
      socket: tcp,
      secureContext,
      rejectUnauthorized: isVerified,
      ALPNProtocols: ['http/1.1'],
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      ...(isIP(host) === 0 ? { servername: host } : {}),
    };
    const socket = tlsConnect(options);
    this.#handshake = socket;
    socket.allowHalfOpen = true;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (NO_TLS.has(error.code ?? '')) this.#failTls(`${this.#authority} does not speak TLS`, error);
      else this.#failHandshake(error.message, error);
    });
    socket.on('close', () => this.#failHandshake('the server closed the connection'));
    socket.on('secureConnect', () => {
      socket.removeAllListeners('error').removeAllListeners('close').removeAllListeners('secureConnect');
      this.#handshake = undefined;
      this.#succeed(socket, address);
    });
  }

  #failHandshake(message: string, cause?: Error): void {
    this.#failTls(`no TLS with ${this.#authority}: ${message}`, cause);
  }

  #failTls(message: string, cause?: Error): void {
    this.fail(new UpstreamError('tls', 'T', message, cause && { cause }));
  }

  /** As URLs have it. */
  get #authority(): string {
    const { host, port } = this.#destination;
    return formatAuthority({ host: plainHost(host), port });
  }

  #onDeadline(): void {
    const phase = this.#handshake === undefined ? 'C' : 'T';
    const what = `${this.#authority} took longer than ${this.#options.timeoutMs} ms`;
    this.fail(new UpstreamError('connect-timeout', phase, `connecting to ${what}`));
  }

  #end(): void {
    this.#isOver = true;
    this.#deadline.cancel();
    this.#nextTimer?.cancel();
    this.#handler.onOver();
  }

  #succeed(socket: Socket, address: string): void {
    this.#end();
    this.#handler.onConnected(socket, address);
  }

  #failLater(error: UpstreamError): void {
    process.nextTick(() => this.fail(error));
  }
}

/** A host without the brackets of an address. */
function plainHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Destroys a socket that nobody waits for; whatever it still says is heard by nobody. */
function discard(socket: Socket): void {
  socket.removeAllListeners('connect').removeAllListeners('secureConnect').removeAllListeners('close');
  socket.removeAllListeners('error').on('error', () => {});
  socket.destroy();
}

function connectFaultOf(error: Error): UpstreamFault {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ETIMEDOUT':
      return 'connect-timeout';
    case 'ECONNRESET':
      return 'reset';
    default:
      return 'unreachable';
  }
}
