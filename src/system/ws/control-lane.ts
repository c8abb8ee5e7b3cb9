/** A lane for answers to ping and close, beside the messages. */

export type ControlFrame =
  | { readonly kind: 'pong'; readonly wire: Uint8Array }
  | { readonly kind: 'close'; readonly code: number | undefined; readonly reason: Buffer };

/**
 * `strict`: control first, always, so a flood of pings holds up every message for as long as it lasts. `weighted`:
 * after so many in a row a message has its turn.
 */
export class ControlLane {
  readonly #capacity: number;
  readonly #weight: number;
  readonly #frames: ControlFrame[] = [];
  #inARow = 0;

  /** `null`: no bound; no weight. */
  constructor(capacity: number | null, weight: number | null) {
    this.#capacity = capacity ?? Number.POSITIVE_INFINITY;
    this.#weight = weight ?? Number.POSITIVE_INFINITY;
  }

  get length(): number {
    return this.#frames.length;
  }

  /**
   * False where it took the place of the newest pong: an endpoint may answer the latest ping alone (RFC 6455 §5.5.3).
   * A close always finds a place.
   */
  push(frame: ControlFrame): boolean {
    const hasRoom = frame.kind === 'close' || this.#frames.length < this.#capacity;
    if (hasRoom) this.#frames.push(frame);
    else this.#frames[this.#frames.length - 1] = frame;
    return hasRoom;
  }

  /** The next one, unless a message goes first. */
  next(hasMessages: boolean): ControlFrame | undefined {
    if (!hasMessages || this.#inARow < this.#weight) {
      const frame = this.#frames.shift();
      if (frame !== undefined) this.#inARow++;
      if (frame !== undefined) return frame;
    }
    this.#inARow = 0;
    return undefined;
  }

  clear(): void {
    this.#frames.length = 0;
  }
}
