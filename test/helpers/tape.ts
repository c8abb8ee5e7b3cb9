/** Bytes that any process can make again: a stream of any length from a seed, with its hash. */
import { createHash } from 'node:crypto';
import { createRandom } from '../../src/core/random.ts';

/** Not a power of two, so that pieces that are swapped or repeated do not go unnoticed. */
const PERIOD_BYTES = 1_000_003;

const made = new Map<number, Buffer>();

function periodOf(seed: number): Buffer {
  let period = made.get(seed);
  if (period === undefined) {
    const random = createRandom(seed, 'tape');
    period = Buffer.alloc(PERIOD_BYTES);
    for (let i = 0; i < PERIOD_BYTES; i++) period[i] = Math.floor(random.next() * 256);
    made.set(seed, period);
  }
  return period;
}

/** `length` bytes from `offset` on, at most up to the period's end; a view, not to be written to. */
export function tapeSlice(seed: number, offset: number, length: number): Buffer {
  const at = offset % PERIOD_BYTES;
  return periodOf(seed).subarray(at, Math.min(PERIOD_BYTES, at + length));
}

export function tapeHash(seed: number, length: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < length; ) {
    const piece = tapeSlice(seed, at, length - at);
    hash.update(piece);
    at += piece.length;
  }
  return hash.digest('hex');
}

/** Compares what comes with the tape, byte by byte and without keeping it. */
export class TapeReader {
  readonly #seed: number;
  length = 0;
  isPrefix = true;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = tapeSlice(this.#seed, this.length, bytes.length - at);
      if (piece.compare(bytes, at, at + piece.length) !== 0) this.isPrefix = false;
      at += piece.length;
      this.length += piece.length;
    }
  }
}

interface Sink {
  write(bytes: Uint8Array): boolean;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
  readonly destroyed: boolean;
}

/** Writes the tape in pieces of `cut()` bytes, and stops where the sink says so. Resolves with the bytes taken. */
export async function playTape(
  sink: Sink,
  seed: number,
  length: number,
  cut: () => number = () => 64 * 1024,
  onProgress: (bytes: number) => void = () => {},
): Promise<number> {
  let at = 0;
  while (at < length && !sink.destroyed) {
    const piece = tapeSlice(seed, at, Math.min(cut(), length - at));
    at += piece.length;
    const isTaken = sink.write(piece);
    onProgress(at);
    if (isTaken) continue;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        sink.off('drain', done);
        sink.off('close', done);
        resolve();
      };
      sink.once('drain', done);
      sink.once('close', done);
    });
  }
  return at;
}
