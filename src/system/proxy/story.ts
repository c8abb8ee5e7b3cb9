/** What a proxy tells of one request while it passes: the producer's side of `proxy.events`. */

/** What is known when a request comes in. `rawHeaders` are shared, not copied. */
export interface RequestFacts {
  /** `connect` for a tunnel, which the observer lists among its events alone. */
  readonly kind: 'request' | 'connect';
  readonly method: string;
  /** As the user would type it: absolute for the forward proxy, a path for the reverse proxy. */
  readonly url: string;
  readonly rawHeaders: readonly string[];
}

/** A body as far as events show it. */
export interface Preview {
  /** Looks at bytes that pass; keeps what it may. */
  add(bytes: Uint8Array): void;
}

/**
 * The events of one request: `start` once, then exactly one of `finish` and `fail`. Each answers `undefined`,
 * or a promise when the queue of events makes the request wait.
 */
export interface RequestStory {
  readonly id: number;
  start(): undefined | Promise<void>;
  /** `undefined` where previews are off or the type is not one to be shown. */
  requestBody(contentType: string | undefined): Preview | undefined;
  responseBody(contentType: string | undefined): Preview | undefined;
  finish(status: number): undefined | Promise<void>;
  fail(reason: string, status?: number): undefined | Promise<void>;
}

export interface Storyteller {
  begin(facts: RequestFacts): RequestStory;
  /** A warning that belongs to no request, such as a request that is not in absolute form. */
  warn(text: string): undefined | Promise<void>;
}
