/** One intercepted SSE stream as the reverse proxy sees it: bytes of the upstream in, bytes for the client out. */

export interface EventPipeHooks {
  /** Bytes for the client. False: no more until {@link EventPipe.clientDrained}. */
  write(bytes: Buffer): boolean;
  /** Whether the upstream may be read. Asked for only when it changes; reading at first. */
  setReading(isReading: boolean): void;
  /** Server-initiated streams alone: connect again, from this id on (`''` for none); bytes come by `chunk` again. */
  reconnect?(lastEventId: string): void;
  /** Everything has been handed to `write`, and the upstream has ended for good. */
  onEnd(): void;
  /**
   * The stream cannot go on: `intercept.pending` gave it up, a line is too long, reconnecting is used up. `code` is the
   * reason of the ledger, `upstream` where that is the cause.
   */
  onFail(code: string, message: string): void;
}

export interface EventPipe {
  chunk(bytes: Uint8Array): void;
  /** The upstream's stream is over: in order, and then so is this one, or broken off with `error`. */
  upstreamEnded(error?: Error): void;
  clientDrained(): void;
  /** The client has left, or the system ends: what is pending is dropped for `reason`. No hook is called after it. */
  stop(reason: string): void;
}

/** Makes the pipe of one stream; `isServerInitiated` for answers to GET, which reconnect and keep alive. */
export type OpenEventPipe = (
  stream: { readonly path: string; readonly isServerInitiated: boolean; readonly lastEventId: string },
  hooks: EventPipeHooks,
) => EventPipe;
