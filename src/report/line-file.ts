/** A file that grows by whole lines while a run goes on, and never stands in the way of the run. */
import { type FileHandle, open } from 'node:fs/promises';
import type { BenchError } from '../core/errors.ts';
import { describeWriteError } from './write-error.ts';

/** Text that may wait for a slow disk; lines beyond it are dropped and counted. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;

export interface LineFileOptions {
  /** Default 4 MiB. */
  maxPendingBytes?: number;
}

/**
 * Append-only lines. `append` never waits and never throws: the first write error is remembered in
 * `error` and ends the writing; lines that find too much waiting are dropped and counted.
 *
 * Details: lines that wait together are written together, whole, so that a killed process leaves whole
 *   lines in the file. Call `flush` now and then to bound what a kill loses.
 */
export class LineFile implements AsyncDisposable {
  readonly path: string;
  /** The first write that failed; nothing is written after it. */
  error: BenchError | null = null;
  /** Lines that are not in the file, for want of room or after an error. */
  droppedLines = 0;
  readonly #file: Pick<FileHandle, 'appendFile' | 'close'>;
  readonly #maxPendingBytes: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | null = null;
  #closed: Promise<void> | null = null;

  constructor(path: string, file: Pick<FileHandle, 'appendFile' | 'close'>, options: LineFileOptions = {}) {
    this.path = path;
    this.#file = file;
    this.#maxPendingBytes = options.maxPendingBytes ?? MAX_PENDING_BYTES;
  }

  /** A new file. Errors: BPB_ERR_RESULTS_NOT_WRITABLE (also when it exists), BPB_ERR_WRITE_FAILED. */
  static async create(path: string, options: LineFileOptions = {}): Promise<LineFile> {
    try {
      return new LineFile(path, await open(path, 'ax'), options);
    } catch (thrown) {
      throw describeWriteError(path, thrown);
    }
  }

  /** One line, without its line break. */
  append(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.error !== null || this.#closed !== null || this.#pendingBytes + bytes > this.#maxPendingBytes) {
      this.droppedLines++;
      return;
    }
    this.#pending.push(line);
    this.#pendingBytes += bytes;
    this.#writing ??= this.#write();
  }

  /** Resolves when every line so far is handed to the system, or given up after an error. Never rejects. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /** Writes what waits and closes the file. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.flush()
      .then(() => this.#file.close())
      .catch((thrown) => this.#remember(thrown));
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #write(): Promise<void> {
    await Promise.resolve(); // lines of the same step go together
    while (this.#pending.length > 0) {
      const lines = this.#pending;
      this.#pending = [];
      try {
        await this.#file.appendFile(`${lines.join('\n')}\n`);
      } catch (thrown) {
        this.#remember(thrown);
        this.droppedLines += lines.length + this.#pending.length;
        this.#pending = [];
      }
      this.#pendingBytes = this.#pending.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    }
    this.#writing = null;
  }

  #remember(thrown: unknown): void {
    this.error ??= describeWriteError(this.path, thrown);
  }
}
