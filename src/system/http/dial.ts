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
const NO_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_DATA_LENGTH_TOO_LONG',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_BAD_RECORD_TYPE',
]);

/** OpenSSL waits for the whole header of a record before it says what it thinks of it. */
const RECORD_HEADER_BYTES = 5;
/** A server that has said less than a header, and then nothing for this time, has said something else than TLS. */
const GREETING_MS = 250;

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
  #greetingTimer: Timer | undefined;
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
    for (const socket of this.#attempts) socket.destroy();
    this.#attempts.clear();
    this.#handshake?.destroy();
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
    const onConnect = (): void => {
      socket.off('error', onError);
      this.#onConnect(socket, address);
    };
    const onError = (error: Error): void => {
      socket.off('connect', onConnect);
      this.#onAttemptFailed(socket, error);
    };
    socket.once('connect', onConnect).on('error', onError);
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
    for (const other of this.#attempts) other.destroy();
    this.#attempts.clear();
    if (this.#destination.isTls && this.#options.secureContext !== undefined) {
      this.#shakeHands(socket, address, this.#options.secureContext());
    } else this.#succeed(socket, address);
  }

  #onAttemptFailed(socket: Socket, error: Error): void {
    if (!this.#attempts.delete(socket)) return; // given up: nobody waits for it
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
    const onError = (error: NodeJS.ErrnoException): void => {
      if (NO_TLS.has(error.code ?? '')) this.#failNoTls(error);
      else this.#failHandshake(error.message, error);
    };
    const onClose = (): void => this.#failHandshake('the server closed the connection');
    socket.on('error', onError).on('close', onClose);
    socket.once('secureConnect', () => {
      // Of TLSSocket's own listeners of 'close' one lets go of OpenSSL's memory: ours alone are taken away.
      socket.off('error', onError).off('close', onClose);
      this.#handshake = undefined;
      this.#succeed(socket, address);
    });
    this.#awaitGreeting(tcp);
  }

  /** A short line from a server that speaks first: nothing of TLS, though OpenSSL would wait for more of it. */
  #awaitGreeting(tcp: Socket, seenBytes = 0): void {
    const { clock } = this.#options;
    this.#greetingTimer = clock.setTimer(clock.nowNs() + GREETING_MS * NS_PER_MS, () => {
      const { bytesRead } = tcp;
      if (bytesRead >= RECORD_HEADER_BYTES) return;
      if (bytesRead > 0 && bytesRead === seenBytes) this.#failNoTls();
      else this.#awaitGreeting(tcp, bytesRead);
    });
  }

  #failNoTls(cause?: Error): void {
    const message = `${this.#authority} does not speak TLS`;
    this.fail(new UpstreamError('no-tls', 'T', message, cause && { cause }));
  }

  #failHandshake(message: string, cause?: Error): void {
    const text = `no TLS with ${this.#authority}: ${message}`;
    this.fail(new UpstreamError('tls', 'T', text, cause && { cause }));
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
    this.#greetingTimer?.cancel();
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
