/** Files that live no longer than this process, also when it ends in the middle of something. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TemporaryFiles implements Disposable {
  /** A new folder that nobody else can read. */
  readonly folder = mkdtempSync(join(tmpdir(), 'bpbench-'));
  readonly #paths: string[] = [this.folder];
  readonly #remove = (): void => {
    for (const path of this.#paths.splice(0)) rmSync(path, { recursive: true, force: true });
  };

  constructor() {
    process.once('exit', this.#remove);
  }

  /** A file elsewhere that belongs to this process. */
  add(path: string): void {
    this.#paths.push(path);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove);
    this.#remove();
  }
}
