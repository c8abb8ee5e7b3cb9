/** Files that live no longer than this process, also when it ends in the middle of something. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TemporaryFiles implements Disposable {
  /** A new folder that nobody else can read. */
  readonly folder = mkdtempSync(join(tmpdir(), 'bpbench-'));
  readonly #files = new Map<string, string>();
  readonly #remove = (): void => {
    rmSync(this.folder, { recursive: true, force: true });
    for (const [path, text] of this.#files) if (holds(path, text)) rmSync(path, { force: true });
    this.#files.clear();
  };

  constructor() {
    process.once('exit', this.#remove);
  }

  /** A file elsewhere that belongs to this process for as long as it holds `text` and nothing else. */
  add(path: string, text: string): void {
    this.#files.set(path, text);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove);
    this.#remove();
  }
}

function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false; // gone, or no file that can be read: not what was written
  }
}
