/** What SQLite and the file system say, as a {@link StoreError} that says what is wrong and what to do. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { StoreError, type StoreProblem } from './store.ts';

/** Primary result codes of SQLite; the low byte of `errcode`. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** Extended: a page ends before the file's end, so somebody cut the file. */
const SHORT_READ = IOERR | (2 << 8);

/** A device with less than this left is full for a database: it needs whole pages, and more than one. */
const LEAST_FREE_BYTES = 64 * 1024;

function codeOf(thrown: unknown): number | undefined {
  return thrown instanceof Error ? (thrown as { errcode?: number }).errcode : undefined;
}

/** Whether another connection has what is needed: it may be free a moment later. */
export function isLocked(thrown: unknown): boolean {
  const primary = (codeOf(thrown) ?? 0) & 0xff;
  return primary === BUSY || primary === LOCKED;
}

export function lockedError(path: string, waitedMs: number, cause?: unknown): StoreError {
  const waited = `waited ${Math.round(waitedMs)} ms`;
  return new StoreError(
    'locked',
    `the event store ${path} is locked by another process (${waited}): end whoever holds it, or use another file`,
    { cause },
  );
}

/** Before SQLite looks: it would leave side files behind that are as read-only as the file. Errors: StoreError. */
export function refuseUnwritable(path: string): void {
  if (isUnwritable(path)) throw new StoreError('read-only', sentenceOf('read-only', path));
}

/** Anything that a call on the database threw. */
export function storeErrorOf(thrown: unknown, path: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const problem = problemOf(thrown, path);
  return new StoreError(problem, `${sentenceOf(problem, path)} (${detailOf(thrown)})`, { cause: thrown });
}

function problemOf(thrown: unknown, path: string): StoreProblem {
  const code = codeOf(thrown);
  if (code === undefined) return 'io';
  if (isLocked(thrown)) return 'locked';
  if (code === SHORT_READ) return 'corrupt';
  switch (code & 0xff) {
    case READONLY:
      return 'read-only';
    case FULL:
      return 'full';
    case CORRUPT:
    case NOTADB:
      return 'corrupt';
    case CANTOPEN:
      if (isUnwritable(path)) return 'read-only';
      return isFull(path) ? 'full' : 'io';
    case IOERR:
      return isFull(path) ? 'full' : 'io';
    default:
      return 'io';
  }
}

function sentenceOf(problem: StoreProblem, path: string): string {
  switch (problem) {
    case 'locked':
      return `the event store ${path} is locked by another process: end whoever holds it, or use another file`;
    case 'read-only':
      return `the event store ${path} cannot be written: its file, folder or file system is read-only for this user`;
    case 'full':
      return `no room left on the device of the event store ${path}: free some, it goes on by itself`;
    case 'corrupt':
      return (
        `the event store ${path} is damaged, or no database: ` +
        `move it away to begin anew, or save what can be read with 'sqlite3 ${path} .recover'`
      );
    default:
      return `the event store ${path} failed: ${whyUnopenable(path)}`;
  }
}

function detailOf(thrown: unknown): string {
  const code = codeOf(thrown);
  return code === undefined ? messageOf(thrown) : `SQLite: ${messageOf(thrown)}, code ${code}`;
}

function whyUnopenable(path: string): string {
  try {
    if (statSync(path).isDirectory()) return 'this is a folder, give a file';
  } catch {
    try {
      if (!statSync(dirname(path)).isDirectory()) return `${dirname(path)} is no folder`;
    } catch {
      return `the folder ${dirname(path)} does not exist, make it first`;
    }
  }
  return 'look at its device and its permissions';
}

function isUnwritable(path: string): boolean {
  return [path, dirname(path)].some((place) => {
    try {
      accessSync(place, constants.W_OK);
      return false;
    } catch (error) {
      return /^(EACCES|EPERM|EROFS)$/.test((error as NodeJS.ErrnoException).code ?? '');
    }
  });
}

function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < LEAST_FREE_BYTES;
  } catch {
    return false;
  }
}
