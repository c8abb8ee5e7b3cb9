/** Reads one output of the child program, a line at a time, and no faster than its lines can be told. */
import type { Readable } from 'node:stream';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import { LineSplitter } from './line-splitter.ts';

export class OutputReader {
  lines = 0;
  readonly #stream: Readable;
  readonly #tell: (line: string) => undefined | Promise<void>;
  readonly #onEnd: () => void;
  readonly #clock: Clock;
  readonly #splitter = new LineSplitter();
  #pausedNs = 0;
  #pausedSinceNs: number | undefined;
  #isAtEnd = false;
  #hasLeft = false;

  /** `tell` answers a promise when the line has to wait; `onEnd` is called once, when no line is to come. */
  constructor(
    stream: Readable,
    tell: (line: string) => undefined | Promise<void>,
    onEnd: () => void,
    clock: Clock,
  ) {
    this.#stream = stream;
    this.#tell = tell;
    this.#onEnd = onEnd;
    this.#clock = clock;
    // Not by 'data' and pause(): Node resumes a child's outputs when it exits, whoever has paused them.
    stream.on('readable', () => this.#read());
    stream.on('error', () => {}); // 'close' follows
    stream.once('end', () => {
      this.#isAtEnd = true;
      if (!this.isPaused) this.#finish();
    });
    stream.once('close', () => {
      if (!this.#isAtEnd) this.#leave(); // cut off
    });
  }

  /**
   * Time that the stream was not read since a line waited to be told, the present wait included. Its pipe fills
   * meanwhile, and the program blocks in its write: later than this by as much as the pipe holds.
   */
  get pausedMs(): number {
    const since = this.#pausedSinceNs;
    const nowNs = since === undefined ? 0 : this.#clock.nowNs() - since;
    return (this.#pausedNs + nowNs) / NS_PER_MS;
  }

  get isPaused(): boolean {
    return this.#pausedSinceNs !== undefined;
  }

  /** Reads no further; the end is told. */
  destroy(): void {
    this.#stream.destroy();
  }

  #read(): void {
    while (!this.isPaused) {
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk === null) return;
      this.#splitter.add(chunk);
      this.#tellLines();
    }
  }

  #tellLines(): void {
    for (let line = this.#splitter.next(); line !== undefined; line = this.#splitter.next()) {
      const told = this.#tellLine(line);
      if (told === undefined) continue;
      this.#waitFor(told, () => this.#goOn());
      return;
    }
  }

  #goOn(): void {
    if (this.#hasLeft) return;
    this.#tellLines();
    if (this.#isAtEnd) {
      if (!this.isPaused) this.#finish();
    } else {
      this.#read();
    }
  }

  #waitFor(told: Promise<void>, then: () => void): void {
    this.#pausedSinceNs = this.#clock.nowNs();
    void told.then(() => {
      this.#pausedNs += this.#clock.nowNs() - (this.#pausedSinceNs as number);
      this.#pausedSinceNs = undefined;
      then();
    });
  }

  #tellLine(line: string): undefined | Promise<void> {
    this.lines++;
    return this.#tell(line);
  }

  /** Everything is read: what has no end of its own is the last line. */
  #finish(): void {
    const last = this.#splitter.end();
    const told = last === undefined ? undefined : this.#tellLine(last);
    if (told === undefined) this.#leave();
    else this.#waitFor(told, () => this.#leave());
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#onEnd();
  }
}
