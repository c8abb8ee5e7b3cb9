/** The results in a folder, newest first. Reads one directory, and of each result that is asked for its record alone. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ComparisonRecord } from '../core/comparison.ts';
import { BenchError, messageOf } from '../core/errors.ts';
import type { RunRecord } from '../core/record.ts';
import { comparisonSchema } from './comparison-schema.ts';
import { completeComparison, completeRecord } from './earlier-record.ts';
import { openInside, readBounded, refuse } from './read-file.ts';
import { readJson } from './read-json.ts';
import { parseDocument } from './record-document.ts';
import { recordSchema } from './record-schema.ts';
import { LATEST } from './result-store.ts';
import { errorCodeOf } from './write-error.ts';

export const RECORD_FILE = 'record.json';
/** A listing reads many: a record larger than this is told of, and not read. */
const MAX_RECORD_BYTES = 64 * 1024 ** 2;
const MAX_POINTER_BYTES = 4096;

/** `<UTC time>-<scenario>-<strategy>-<id>`, as `createResultFolder` makes it. */
const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-.+-[a-z0-9]{5}$/;

export interface ResultName {
  readonly name: string;
  readonly path: string;
  /** From the name; `null` for a folder that was renamed. */
  readonly startedAtMs: number | null;
}

/**
 * Every folder in `base` that has the name of a result, and every other one that holds a record; newest first, renamed
 * ones last. Links are not followed. Error BPB_ERR_USAGE where there is no such folder.
 */
export async function findResults(base: string): Promise<ResultName[]> {
  const entries = await readdir(base, { withFileTypes: true }).catch((thrown: unknown) => {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(errorCodeOf(thrown) ?? '');
    throw refuse(
      isMissing
        ? `there is no folder ${base}: results are looked for there`
        : `cannot read ${base}: ${messageOf(thrown)}`,
      ['play something first: bpbench run smoke', 'or name the folder: --results <folder>'],
      thrown,
    );
  });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }): Promise<ResultName | null> => {
        const path = join(base, name);
        const startedAtMs = startOf(name);
        const isResult = startedAtMs !== null || (await isThere(join(path, RECORD_FILE)));
        return isResult ? { name, path, startedAtMs } : null;
      }),
  );
  return found
    .filter((result) => result !== null)
    .sort((a, b) => (b.startedAtMs ?? -1) - (a.startedAtMs ?? -1) || (a.name < b.name ? 1 : -1));
}

/** Milliseconds since 1970 of the UTC time that a result's name begins with; `null` for any other name. */
export function startOf(name: string): number | null {
  const parts = NAME.exec(name)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  const startedAtMs = Date.UTC(year, month - 1, day, hours, minutes, seconds);
  return new Date(startedAtMs).getUTCDate() === day ? startedAtMs : null;
}

export type StoredRecord = RunRecord | ComparisonRecord;

/** `unfinished`: there is no record, because the run goes on or was killed. */
export type StoredResult<T> =
  | { readonly state: 'whole'; readonly value: T }
  | { readonly state: 'unfinished' | 'damaged'; readonly problem: string };

/**
 * What `read` makes of the record of one result. Only what commands over many results read of a record is held against
 * its schema: that is what keeps a thousand of them quick. Never rejects.
 */
export async function readResult<T>(
  { path }: Pick<ResultName, 'path'>,
  read: (record: StoredRecord) => T,
): Promise<StoredResult<T>> {
  try {
    const text = await readRecord(path);
    if (text === null)
      return { state: 'unfinished', problem: `no ${RECORD_FILE}: it goes on, or was killed` };
    const document = parseQuickly(text);
    if (document !== null) {
      try {
        return { state: 'whole', value: read(document) };
      } catch (thrown) {
        if (thrown instanceof BenchError) throw thrown;
      }
    }
    return { state: 'whole', value: read(parseDocument(text, RECORD_FILE)) };
  } catch (thrown) {
    const hints = thrown instanceof BenchError ? thrown.hints.slice(0, 1) : [];
    return { state: 'damaged', problem: [messageOf(thrown), ...hints].join('; ') };
  }
}

async function readRecord(path: string): Promise<string | null> {
  const file = await openInside(path, RECORD_FILE);
  if (file === null) return null;
  try {
    return await readBounded(file, RECORD_FILE, MAX_RECORD_BYTES);
  } finally {
    await file.close();
  }
}

/** What listing, trend and pruning read, metrics included. */
const LISTED_RUN = recordSchema.pick({
  ...{ schemaVersion: true, kind: true, id: true, startedAt: true, partial: true, environment: true },
  ...{ scenario: true, strategyName: true, verdict: true, groups: true, ledgers: true, queues: true },
  ...{ memory: true, cpu: true, tasks: true },
});
const LISTED_COMPARISON = comparisonSchema.pick({
  ...{ schemaVersion: true, kind: true, startedAt: true, partial: true, plan: true, environment: true },
  ...{ arms: true, runs: true, verdict: true },
});

/** `null` for whatever needs a closer look before anything is said of it. */
function parseQuickly(text: string): StoredRecord | null {
  try {
    const written = readJson(text);
    if (typeof written !== 'object' || written === null || !('kind' in written)) return null;
    const isRun = written.kind === 'run';
    const document = isRun ? completeRecord(written) : completeComparison(written);
    const { success } = (isRun ? LISTED_RUN : LISTED_COMPARISON).safeParse(document);
    return success ? (document as StoredRecord) : null;
  } catch {
    return null;
  }
}

/** The name that `latest` points to, as a link or as a file; `null` without one. It need not be there. */
export async function readLatest(base: string): Promise<string | null> {
  const path = join(base, LATEST);
  try {
    const facts = await lstat(path);
    if (facts.isSymbolicLink()) return basename(await readlink(path));
    if (!facts.isFile() || facts.size > MAX_POINTER_BYTES) return null;
    return basename((await readFile(path, 'utf8')).trim());
  } catch {
    return null;
  }
}

export interface FolderFacts {
  /** Of all files; links count as nothing. */
  readonly bytes: number;
  readonly names: readonly string[];
  /** Newest change of a file; 0 for an empty folder. */
  readonly changedAtMs: number;
  /** Of what is in there: neither file nor link. */
  readonly folders: readonly string[];
  readonly links: readonly string[];
}

/** What lies in a folder, one level deep: results have no more. Never follows a link. Error BPB_ERR_USAGE. */
export async function measureFolder(path: string): Promise<FolderFacts> {
  const names = await readdir(path).catch((thrown: unknown) => {
    throw refuse(`cannot read ${path}: ${messageOf(thrown)}`, [], thrown);
  });
  const facts = await Promise.all(names.map(async (name) => ({ name, of: await lstat(join(path, name)) })));
  const files = facts.filter(({ of }) => of.isFile());
  return {
    names,
    bytes: files.reduce((sum, { of }) => sum + of.size, 0),
    changedAtMs: Math.max(0, ...files.map(({ of }) => of.mtimeMs)),
    folders: facts.filter(({ of }) => !of.isFile() && !of.isSymbolicLink()).map(({ name }) => name),
    links: facts.filter(({ of }) => of.isSymbolicLink()).map(({ name }) => name),
  };
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
