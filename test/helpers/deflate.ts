/**
 * permessage-deflate (RFC 7692 §7.2) as the tests do it: each message by itself, the window of what came before it
 * given as a dictionary. So it has no stream in common with those that it judges.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

/** What every message ends with and nobody sends. */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

export interface WindowOptions {
  /** Base 2 logarithm of the window in bytes, 8 to 15. Default 15. */
  readonly windowBits?: number;
  /** A message may refer to what came before it. Default true. */
  readonly hasContext?: boolean;
}

class Window {
  readonly bits: number;
  readonly #hasContext: boolean;
  #bytes = Buffer.alloc(0);

  constructor({ windowBits = 15, hasContext = true }: WindowOptions) {
    this.bits = windowBits;
    this.#hasContext = hasContext;
  }

  get dictionary(): { dictionary?: Buffer } {
    return this.#bytes.length === 0 ? {} : { dictionary: this.#bytes };
  }

  add(bytes: Buffer): void {
    if (this.#hasContext) this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(-(2 ** this.bits));
  }
}

export class Inflater {
  readonly #window: Window;

  constructor(options: WindowOptions = {}) {
    this.#window = new Window(options);
  }

  /** Throws where the bytes are no deflate, or refer to what is outside of the window. */
  inflate(bytes: Uint8Array): Buffer {
    const message = inflateRawSync(Buffer.concat([bytes, TAIL]), {
      windowBits: this.#window.bits,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...this.#window.dictionary,
    });
    this.#window.add(message);
    return message;
  }
}

export class Deflater {
  readonly #window: Window;

  constructor(options: WindowOptions = {}) {
    this.#window = new Window(options);
  }

  deflate(payload: string | Uint8Array): Buffer {
    const message = Buffer.from(payload);
    const bytes = deflateRawSync(message, {
      windowBits: this.#window.bits,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...this.#window.dictionary,
    });
    this.#window.add(message);
    return bytes.subarray(0, -TAIL.length);
  }
}
