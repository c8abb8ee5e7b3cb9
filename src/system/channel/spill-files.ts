/** The file calls that spilling needs, all synchronous; tests put others in their place. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/** Each throws as `node:fs` does. */
export interface SpillFiles {
  /** Makes the folder and those above it; one that is there is fine. */
  makeFolder(path: string): void;
  list(folder: string): string[];
  /** For reading and writing; `create` for one that must not be there yet. */
  open(path: string, create: boolean): number;
  size(file: number): number;
  /** Answers how many bytes there were; 0 at the end. */
  read(file: number, into: Uint8Array, length: number, position: number): number;
  /** Answers how many bytes were written, which may be fewer. */
  write(file: number, from: Uint8Array, offset: number, length: number, position: number): number;
  truncate(file: number, length: number): void;
  sync(file: number): void;
  /** Makes the names in a folder survive a crash. */
  syncFolder(path: string): void;
  close(file: number): void;
  remove(path: string): void;
}

export const NODE_FILES: SpillFiles = {
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
  list: (folder) => readdirSync(folder),
  open: (path, create) => openSync(path, create ? 'wx+' : 'r+', 0o600),
  size: (file) => fstatSync(file).size,
  read: (file, into, length, position) => readSync(file, into, 0, length, position),
  write: (file, from, offset, length, position) => writeSync(file, from, offset, length, position),
  truncate: ftruncateSync,
  sync: fsyncSync,
  syncFolder(path) {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
  close: closeSync,
  remove: unlinkSync,
};

/** Whether a file call failed, and not the program: for those the disk counts as full. */
export function isFileError(thrown: unknown): boolean {
  return thrown instanceof Error && typeof (thrown as NodeJS.ErrnoException).syscall === 'string';
}

/** Runs `action`; false when a file call in it failed. */
export function succeeds(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (thrown) {
    if (isFileError(thrown)) return false;
    throw thrown;
  }
}
