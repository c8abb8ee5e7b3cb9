import type { BenchError } from '../core/errors.ts';
import { LineFile } from './line-file.ts';
import type { TimelineHeader, TimelineRow } from './timeline-row.ts';

/**
 * `timeline.ndjson` as the run goes: the header object, then one object per row. Memory is bounded, and
 * a disk that fails costs the file and not the run: see `error` and `droppedLines` afterwards.
 */
export class TimelineWriter implements AsyncDisposable {
  readonly #lines: LineFile;

  constructor(lines: LineFile, header: TimelineHeader) {
    this.#lines = lines;
    lines.append(JSON.stringify(header));
  }

  /** A new file. Errors: BPB_ERR_RESULTS_NOT_WRITABLE, BPB_ERR_WRITE_FAILED. */
  static async create(path: string, header: TimelineHeader): Promise<TimelineWriter> {
    return new TimelineWriter(await LineFile.create(path), header);
  }

  add(row: TimelineRow): void {
    this.#lines.append(JSON.stringify(row));
  }

  get error(): BenchError | null {
    return this.#lines.error;
  }

  get droppedLines(): number {
    return this.#lines.droppedLines;
  }

  flush(): Promise<void> {
    return this.#lines.flush();
  }

  close(): Promise<void> {
    return this.#lines.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
