/** `bpbench prune`: removes results by number, age or size. Only on request, and shows what goes. */
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeWallTimeMs } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { BYTES_EXPECTED, formatBytes, formatCount, parseBytes, parseDurationMs } from '../../core/units.ts';
import {
  findResults,
  measureFolder,
  type ResultName,
  readLatest,
  readResult,
} from '../../report/result-index.ts';
import {
  type PruneCandidate,
  type PrunePlan,
  type PruneRule,
  planPruning,
} from '../../report/result-pruning.ts';
import { LATEST, pointLatestTo } from '../../report/result-store.ts';
import { plainText } from '../../report/text.ts';
import { writeOut } from '../streams.ts';

export interface PruneOptions {
  keep?: number;
  olderThan?: string;
  maxSize?: string;
  includeHeld?: boolean;
  dryRun?: boolean;
  json?: boolean;
  results: string;
}

const DAY_MS = 86_400_000;

export async function pruneCommand(options: PruneOptions): Promise<void> {
  const rule = readRule(options);
  const candidates = await Promise.all((await findResults(options.results)).map(toCandidate));
  const plan = planPruning(candidates, rule, takeWallTimeMs());
  const isDry = options.dryRun === true;
  if (!isDry) await remove(options.results, plan);
  await writeOut(options.json === true ? toJson(plan, isDry) : renderPlan(plan, isDry));
}

function readRule({ keep, olderThan, maxSize, includeHeld }: PruneOptions): PruneRule {
  if (keep === undefined && olderThan === undefined && maxSize === undefined) {
    throw new BenchError('BPB_ERR_USAGE', 'prune expects to be told what may go', {
      hints: ['--keep 20, --older-than 30d or --max-size 1GiB; with --dry-run nothing goes'],
    });
  }
  const olderThanMs = olderThan === undefined ? null : parseAgeMs(olderThan);
  if (olderThanMs === undefined) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      `--older-than expects an age such as 30d, 12h or 90m, got '${olderThan}'`,
    );
  }
  const maxBytes = maxSize === undefined ? null : parseBytes(maxSize);
  if (maxBytes === undefined) {
    throw new BenchError('BPB_ERR_USAGE', `--max-size expects ${BYTES_EXPECTED}, got '${maxSize}'`);
  }
  return { keep: keep ?? null, olderThanMs, maxBytes, includesHeld: includeHeld === true };
}

/** As durations everywhere, and days; but never without a unit: days that are read as seconds would leave nothing. */
function parseAgeMs(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(d?)$/.exec(text.trim().toLowerCase()) ?? [];
  if (unit === '') return undefined;
  return unit === 'd' ? Number(amount) * DAY_MS : parseDurationMs(text);
}

async function toCandidate(result: ResultName): Promise<PruneCandidate> {
  const [facts, stored] = await Promise.all([
    measureFolder(result.path),
    readResult(result, (record) =>
      record.kind === 'comparison' ? record.runs.flatMap(({ folder }) => folder ?? []) : [],
    ),
  ]);
  return {
    ...result,
    facts,
    isUnfinished: stored.state === 'unfinished',
    runFolders: stored.state === 'whole' ? stored.value : [],
  };
}

async function remove(base: string, { goes, stays }: PrunePlan): Promise<void> {
  const latest = await readLatest(base);
  for (const { path } of goes) {
    // What was a folder a moment ago may be a link by now: that is not ours to remove.
    if ((await lstat(path)).isDirectory()) await rm(path, { recursive: true, force: true });
  }
  if (latest === null || !goes.some(({ name }) => name === latest)) return;
  const newest = stays.find(({ candidate }) => candidate.startedAtMs !== null && !candidate.isUnfinished);
  if (newest === undefined) await rm(join(base, LATEST), { force: true });
  else await pointLatestTo(base, newest.candidate.name);
}

function renderPlan({ goes, stays, bytesLeft }: PrunePlan, isDry: boolean): string {
  const bytes = goes.reduce((sum, { facts }) => sum + facts.bytes, 0);
  const held = stays.filter(({ because }) => because !== '');
  const verb = isDry ? 'would go' : 'gone';
  return [
    ...goes.map(({ name, facts }) => `${verb}: ${plainText(name)}  ${formatBytes(facts.bytes)}`),
    ...held.map(({ candidate, because }) => `stays: ${plainText(candidate.name)} ${plainText(because)}`),
    `${formatCount(goes.length)} of ${formatCount(goes.length + stays.length)} results ${verb}, ${formatBytes(bytes)}; ${formatBytes(bytesLeft)} ${isDry ? 'would be' : 'are'} left`,
    '',
  ].join('\n');
}

function toJson({ goes, stays, bytesLeft }: PrunePlan, isDry: boolean): string {
  const document = {
    dryRun: isDry,
    goes: goes.map(({ name, facts }) => ({ name, bytes: facts.bytes })),
    stays: stays.map(({ candidate, because }) => ({
      name: candidate.name,
      bytes: candidate.facts.bytes,
      because: because === '' ? null : because,
    })),
    bytesLeft,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
