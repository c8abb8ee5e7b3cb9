/**
 * What the proxies ask of a connection to an upstream server, and what they hear of it. HTTP/1.1, one
 * exchange at a time on each connection. `upstream-pool.ts` keeps these promises.
 */
import type { Socket } from 'node:net';

/** Where a connection goes. `addresses` were checked: nothing else is dialled, in this order. */
export interface Destination {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly port: number;
  /** Verified against `host`, unless `isVerified` is false. */
  readonly isTls: boolean;
  readonly isVerified: boolean;
}

/** How the body of a message is delimited: none, by its length, by chunks, or by the end of the connection. */
export type Framing = 'none' | 'chunked' | 'close' | number;

export interface UpstreamRequest {
  readonly method: string;
  /** Origin form: `/path?query`, or `*`. */
  readonly target: string;
  /** Raw name, value pairs: end-to-end fields with Host; those that frame the message or the connection are added. */
  readonly headers: readonly string[];
  readonly body: 'none' | 'chunked' | number;
  /** Sends `Expect: 100-continue`; the body is written all the same, when the caller writes it. */
  readonly expectsContinue?: boolean;
  /** Asks for this protocol: `Connection: upgrade`. */
  readonly upgrade?: string;
}

export interface ResponseHead {
  readonly httpVersion: '1.0' | '1.1';
  /** 100 to 599. */
  readonly status: number;
  readonly reason: string;
  /** Raw name, value pairs as they came; values are Latin-1 text. */
  readonly headers: readonly string[];
  readonly framing: Framing;
}

/** Where an exchange failed; `refused` … are names for people and for the ledger. */
export type UpstreamFault =
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'tls'
  | 'no-tls'
  | 'reset'
  | 'closed'
  | 'head-timeout'
  | 'protocol'
  | 'truncated'
  | 'aborted';

export class UpstreamError extends Error {
  readonly fault: UpstreamFault;
  /** C connect · T TLS · H before the head of the answer · D after it. */
  readonly phase: 'C' | 'T' | 'H' | 'D';

  constructor(fault: UpstreamFault, phase: 'C' | 'T' | 'H' | 'D', message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
    this.phase = phase;
  }

  /** What a client is told that has no answer yet: 504 for what took too long, else 502. */
  get status(): 502 | 504 {
    return this.fault === 'connect-timeout' || this.fault === 'head-timeout' ? 504 : 502;
  }
}

/**
 * Callbacks of one exchange, in this order: onInformation*, then onHead, onData*, onEnd; or onUpgrade; or
 * onError at any moment. Exactly one of onEnd, onUpgrade, onError comes, and nothing after it.
 */
export interface UpstreamHandler {
  /** 1xx but not 101, 100 included; at most {@link MAX_INFORMATION}, further ones are swallowed. */
  onInformation(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** False stops reading until {@link UpstreamExchange.resume}. The bytes are the callee's. */
  onData(bytes: Buffer): boolean;
  onEnd(trailers: readonly string[]): void;
  /** 101 to a request with `upgrade`: the socket is the callee's, `first` came behind the head. */
  onUpgrade(head: ResponseHead, socket: Socket, first: Buffer): void;
  onError(error: UpstreamError): void;
  /** The request body's write side has room again after `write` answered false. */
  onDrain(): void;
}

export const MAX_INFORMATION = 16;

export interface UpstreamExchange {
  /** Bytes of the request body. False: wait for onDrain. Ignored after the exchange has ended. */
  write(bytes: Uint8Array): boolean;
  /** The request body is complete; `trailers` (raw pairs) go with chunked bodies alone. */
  end(trailers?: readonly string[]): void;
  resume(): void;
  /** Gives up: the connection is destroyed, and onError does not come. */
  abort(): void;
}

export interface UpstreamClient {
  /**
   * Begins an exchange: on an idle connection, or on a new one. A request without a body whose method is
   * idempotent is sent once more, on a new connection, when a reused connection closed before a byte came.
   */
  begin(destination: Destination, request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange;
  /** Connects, TLS included, and keeps the connection for the next exchange. Rejects with UpstreamError. */
  warm(destination: Destination, signal?: AbortSignal): Promise<void>;
  /** A connection of one's own, for tunnels; TCP alone. Rejects with UpstreamError. */
  connect(destination: Destination, signal?: AbortSignal): Promise<Socket>;
  /** `open` connections, those of tunnels and upgrades included; `idle` of them wait to be used again. */
  sample(): { open: number; idle: number; created: number; reused: number };
  /** Destroys all connections; exchanges under way fail with `aborted`. */
  close(): void;
}
