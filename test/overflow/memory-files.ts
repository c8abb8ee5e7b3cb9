/** Files in memory, with faults and crashes on demand. */
import type { SpillFiles } from '../../src/system/channel/spill-files.ts';

interface MemoryFile {
  content: Buffer;
  /** What a loss of power leaves of it. */
  synced: Buffer;
}

export class MemoryFiles implements SpillFiles {
  readonly byPath = new Map<string, MemoryFile>();
  /** Makes every call of these fail, with this code. */
  faults: Partial<Record<keyof SpillFiles, string>> = {};
  /** Writes that may still succeed, and how many bytes of the next one get through. */
  freeBytes = Number.POSITIVE_INFINITY;
  readonly openFiles = new Map<number, MemoryFile>();
  syncs = 0;
  private nextFile = 3;

  makeFolder(): void {
    this.mayFail('makeFolder');
  }

  list(folder: string): string[] {
    this.mayFail('list');
    return [...this.byPath.keys()].map((path) => path.slice(folder.length + 1));
  }

  open(path: string, create: boolean): number {
    this.mayFail('open');
    let file = this.byPath.get(path);
    if ((file === undefined) !== create) throw fileError(create ? 'EEXIST' : 'ENOENT', 'open');
    if (file === undefined) {
      file = { content: Buffer.alloc(0), synced: Buffer.alloc(0) };
      this.byPath.set(path, file);
    }
    this.openFiles.set(this.nextFile, file);
    return this.nextFile++;
  }

  size(file: number): number {
    return this.get(file).content.length;
  }

  read(file: number, into: Uint8Array, length: number, position: number): number {
    this.mayFail('read');
    const part = this.get(file).content.subarray(position, position + length);
    into.set(part);
    return part.length;
  }

  write(file: number, from: Uint8Array, offset: number, length: number, position: number): number {
    this.mayFail('write');
    if (this.freeBytes <= 0) throw fileError('ENOSPC', 'write');
    const written = Math.min(length, this.freeBytes);
    this.freeBytes -= written;
    const old = this.get(file).content;
    const content = Buffer.alloc(Math.max(old.length, position + written));
    content.set(old);
    content.set(from.subarray(offset, offset + written), position);
    this.get(file).content = content;
    return written;
  }

  truncate(file: number, length: number): void {
    this.mayFail('truncate');
    this.get(file).content = Buffer.from(this.get(file).content.subarray(0, length));
  }

  sync(file: number): void {
    this.mayFail('sync');
    this.syncs++;
    this.get(file).synced = Buffer.from(this.get(file).content);
  }

  syncFolder(): void {
    this.mayFail('syncFolder');
  }

  close(file: number): void {
    this.get(file);
    this.openFiles.delete(file);
  }

  remove(path: string): void {
    if (!this.byPath.delete(path)) throw fileError('ENOENT', 'unlink');
  }

  /** What another process finds after this one, or with `power` the whole machine, is gone. */
  crash(power: boolean): MemoryFiles {
    const after = new MemoryFiles();
    for (const [path, { content, synced }] of this.byPath) {
      const left = Buffer.from(power ? synced : content);
      after.byPath.set(path, { content: left, synced: left });
    }
    return after;
  }

  failAll(code: string): void {
    for (const call of ['open', 'read', 'write', 'sync', 'syncFolder', 'truncate'] as const) {
      this.faults[call] = code;
    }
  }

  private get(file: number): MemoryFile {
    const found = this.openFiles.get(file);
    if (found === undefined) throw fileError('EBADF', 'any');
    return found;
  }

  private mayFail(call: keyof SpillFiles): void {
    const code = this.faults[call];
    if (code !== undefined) throw fileError(code, call);
  }
}

function fileError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}
