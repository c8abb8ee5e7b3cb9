/** Reading files of a result folder that anybody may have written: regular files, inside, and of bounded size. */
import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { BenchError, messageOf } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import { plainText } from './text.ts';
import { errorCodeOf } from './write-error.ts';

/** Non-blocking: a pipe that nobody writes to is refused, not waited for. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** An error of the user's input, its texts without control characters. */
export function refuse(message: string, hints: readonly string[] = [], cause?: unknown): BenchError {
  return new BenchError('BPB_ERR_USAGE', plainText(message), { hints: hints.map(plainText), cause });
}

/** Whether `path` is `folder` or lies in it; both absolute and without links. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/**
 * The file `name` of `folder`, opened; `null` where there is none. The folder may be named from where we are, and be
 * behind links.
 *
 * Errors: BPB_ERR_USAGE for a link that leads out of the folder, for what is no regular file, and for what may not
 * be read.
 */
export async function openInside(folder: string, name: string): Promise<FileHandle | null> {
  const path = join(folder, name);
  let real: string;
  let realFolder: string;
  try {
    [real, realFolder] = await Promise.all([realpath(path), realpath(folder)]);
  } catch (thrown) {
    if (errorCodeOf(thrown) === 'ENOENT') return null;
    throw refuse(`cannot read ${path}: ${messageOf(thrown)}`, [], thrown);
  }
  if (!isInside(real, realFolder)) {
    throw refuse(`${path} is a link to ${real}, outside its folder`, [
      'copy the file itself into the folder',
    ]);
  }
  return await openRegular(real);
}

/** Errors: BPB_ERR_USAGE for what is no regular file or may not be read. */
export async function openRegular(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, READ_ONLY);
  } catch (thrown) {
    throw refuse(`cannot read ${path}: ${messageOf(thrown)}`, [], thrown);
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw refuse(`${path} is no file`, [`expected ${basename(path)} as a run writes it, in ${dirname(path)}`]);
}

/** The whole text. Error BPB_ERR_USAGE for more than `maxBytes`, which are never read. */
export async function readBounded(file: FileHandle, path: string, maxBytes: number): Promise<string> {
  const { size } = await file.stat();
  if (size > maxBytes) {
    throw refuse(`${path} has ${formatBytes(size)}; at most ${formatBytes(maxBytes)} are read`, [
      'check that it is the record.json of a run',
    ]);
  }
  return await file.readFile('utf8');
}

export interface LineLimits {
  /** What lies behind is not read. */
  readonly maxBytes: number;
  /** Longer lines are passed over and counted. */
  readonly maxLineBytes: number;
}

export interface LinesRead {
  readonly tooLong: number;
  /** Whether there was more than `maxBytes`. */
  readonly isCut: boolean;
}

/**
 * Calls `onLine` for each line, without its break. Memory is bounded by one line. `isWhole` is false for a last line
 * that has no break: the writer may have been killed in the middle of it.
 */
export async function readLines(
  file: FileHandle,
  { maxBytes, maxLineBytes }: LineLimits,
  onLine: (line: string, isWhole: boolean) => void,
): Promise<LinesRead> {
  const { size } = await file.stat();
  let pieces: Buffer[] = [];
  let pending = 0;
  let tooLong = 0;
  const end = (isWhole: boolean): void => {
    if (pending > maxLineBytes) tooLong++;
    else if (pending > 0) onLine(Buffer.concat(pieces).toString('utf8'), isWhole);
    pieces = [];
    pending = 0;
  };
  const keep = (piece: Buffer): void => {
    pending += piece.length;
    if (pending <= maxLineBytes) pieces.push(piece);
    else pieces = [];
  };
  for await (const chunk of file.createReadStream({ start: 0, end: maxBytes - 1, autoClose: false })) {
    const bytes = chunk as Buffer;
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      keep(bytes.subarray(from, at));
      end(true);
      from = at + 1;
    }
    keep(bytes.subarray(from));
  }
  end(false);
  return { tooLong, isCut: size > maxBytes };
}
