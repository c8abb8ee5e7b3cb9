/** Where results live: one folder per run, files that are whole or not there, and `latest`. */
import { constants } from 'node:fs';
import { access, mkdir, open, realpath, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BenchError } from '../core/errors.ts';
import { describeWriteError, errorCodeOf } from './write-error.ts';

/** The link (or where there are no links: the file with the name) of the newest result. */
export const LATEST = 'latest';

const MAX_NAME_LENGTH = 64;

export interface ResultNaming {
  /** Wall time of the start, as `2026-11-21T10:15:00.000Z`. */
  readonly startedAtIso: string;
  readonly scenario: string;
  readonly strategy: string;
  /** Short and unlikely to repeat. */
  readonly id: string;
}

export interface ResultFolder {
  /** `<UTC time>-<scenario>-<strategy>-<id>` */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Makes the folder of one run in `base`, which is made too where it is missing. Never takes over a folder
 * that exists.
 *
 * Names from outside are reduced to `[A-Za-z0-9._-]`, 64 characters each, so that none leads elsewhere.
 * Errors: BPB_ERR_RESULTS_NOT_WRITABLE, BPB_ERR_WRITE_FAILED (disk full and the like).
 */
export async function createResultFolder(base: string, naming: ResultNaming): Promise<ResultFolder> {
  const name = [compactTime(naming.startedAtIso), naming.scenario, naming.strategy, naming.id]
    .map((part) => sanitizeName(part))
    .join('-');
  const folder = join(resolve(base), name);
  if (dirname(folder) !== resolve(base)) {
    throw new BenchError('BPB_ERR_INTERNAL', `the result folder ${folder} would lie outside ${base}`);
  }
  try {
    await makeFolders(resolve(base));
    await mkdir(folder);
    // A link that was swapped in between would lead elsewhere.
    const real = await realpath(folder);
    if (dirname(real) !== (await realpath(base))) {
      throw new BenchError('BPB_ERR_RESULTS_NOT_WRITABLE', `${folder} leads to ${real}, outside ${base}`);
    }
  } catch (thrown) {
    throw describeWriteError(folder, thrown);
  }
  return { name, path: folder };
}

/**
 * Makes the folder of all results where it is missing. Before several runs are played, of which none could be kept.
 *
 * Errors: BPB_ERR_RESULTS_NOT_WRITABLE, BPB_ERR_WRITE_FAILED.
 */
export async function prepareResults(base: string): Promise<void> {
  try {
    await makeFolders(resolve(base));
    await access(base, constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw describeWriteError(resolve(base), thrown);
  }
}

/**
 * Makes a folder and the ones above it. Not by mkdir's `recursive`, which never returns where a file system
 * answers ENOENT to every mkdir, as /proc does.
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (thrown) {
    const code = errorCodeOf(thrown);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw thrown;
    await makeFolders(dirname(path));
    await mkdir(path).catch((again: unknown) => {
      if (errorCodeOf(again) !== 'EEXIST') throw again; // another run was quicker
    });
  }
}

/** A part of a file name that means nothing to a file system: never empty, never starting with a dot or dash. */
export function sanitizeName(text: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[.-]+$/, '');
  return name === '' ? 'unnamed' : name;
}

/**
 * Writes the whole text or nothing: to a temporary name beside `path`, to the disk, then renamed over it.
 * On failure the temporary file is gone and an older `path` is as it was.
 *
 * Errors: BPB_ERR_RESULTS_NOT_WRITABLE, BPB_ERR_WRITE_FAILED.
 */
export async function writeAtomically(path: string, text: string | Uint8Array): Promise<void> {
  const temporary = temporaryNameFor(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to tell
    throw describeWriteError(path, thrown);
  }
}

/**
 * Points `latest` in `base` to the folder `name`, in one step: a reader sees the old one or the new one.
 * To be called when the result is whole.
 *
 * Answers `file` where links are not allowed (then `latest` is a file that holds the name), and `none`
 * when it could not be set (a folder of that name is left alone): a convenience is no reason to fail a
 * run that is on disk.
 */
export async function pointLatestTo(base: string, name: string): Promise<'link' | 'file' | 'none'> {
  const latest = join(base, LATEST);
  const temporary = temporaryNameFor(latest);
  try {
    await symlink(name, temporary, 'dir');
    await rename(temporary, latest);
    return 'link';
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
  return await writeAtomically(latest, `${name}\n`).then(
    () => 'file' as const,
    () => 'none' as const,
  );
}

let temporaryCount = 0;

function temporaryNameFor(path: string): string {
  temporaryCount++;
  return `${path}.${process.pid}-${temporaryCount}.tmp`;
}

/** `2026-11-21T10:15:00.123Z` → `20261121T101500Z`. */
function compactTime(iso: string): string {
  return iso.replace(/\.\d+(?=Z$)/, '').replaceAll(/[-:]/g, '');
}
