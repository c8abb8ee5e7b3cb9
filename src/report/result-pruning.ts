/** Which results may go, and which have to stay and why. Decides; removing is somebody else's. */
import { join } from 'node:path';
import { formatDurationMs } from '../core/units.ts';
import type { FolderFacts, ResultName } from './result-index.ts';

export interface PruneRule {
  /** That many of the newest stay. */
  readonly keep: number | null;
  /** What is older goes. */
  readonly olderThanMs: number | null;
  /** The oldest go until no more than this is left. */
  readonly maxBytes: number | null;
  /** Also what a `.keep` or a comparison holds. */
  readonly includesHeld: boolean;
}

export interface PruneCandidate extends ResultName {
  readonly facts: FolderFacts;
  readonly isUnfinished: boolean;
  /** Of a comparison: the folders of its runs, relative to its own; else none. */
  readonly runFolders: readonly string[];
}

export interface PrunePlan {
  /** Newest first. */
  readonly goes: readonly PruneCandidate[];
  readonly stays: readonly { readonly candidate: PruneCandidate; readonly because: string }[];
  /** Of what stays. */
  readonly bytesLeft: number;
}

export const KEEP_FILE = '.keep';
/** A run writes all the time: a folder without a record in which nothing changed for so long is no run any more. */
const GOES_ON_MS = 3_600_000;
/** What bpbench writes into a result, temporary names included; anything else there is somebody's own. */
const OWN_FILE =
  /^(\.keep|(record|report|timeline|latency|metrics|junit|badge|percentiles)\.(json|ndjson|csv|hlog|hgrm|om|xml|md|html|txt|svg|css|js))(\.\d+-\d+\.tmp)?$/;

/**
 * `candidates` newest first. A comparison and the runs that it alone holds count as one and go together; a run that a
 * comparison which stays holds, stays. Renamed folders, runs that go on, and folders with files or folders of somebody
 * else always stay. With several rules a result goes as soon as one of them says so.
 */
export function planPruning(
  candidates: readonly PruneCandidate[],
  rule: PruneRule,
  nowMs: number,
): PrunePlan {
  const refusals = new Map<string, string>();
  for (const one of candidates) {
    const why = refusalOf(one, rule, nowMs);
    if (why !== null) refusals.set(one.path, why);
  }
  const holders = rule.includesHeld ? new Map<string, PruneCandidate[]>() : holdersOf(candidates);
  const units = candidates
    .filter(({ path }) => !holders.has(path))
    .map((head) => ({ head, members: [head, ...heldAloneBy(head, candidates, holders)] }));
  const sizeOf = (members: readonly PruneCandidate[]): number =>
    members.reduce((sum, { facts }) => sum + facts.bytes, 0);
  let bytesLeft = sizeOf(candidates);
  const goes = new Set<string>();
  units.toReversed().forEach(({ head, members }, fromOldest) => {
    const rank = units.length - fromOldest;
    const isOutnumbered = rule.keep !== null && rank > rule.keep;
    const isOld =
      rule.olderThanMs !== null && head.startedAtMs !== null && nowMs - head.startedAtMs > rule.olderThanMs;
    const isTooMuch = rule.maxBytes !== null && bytesLeft > rule.maxBytes;
    if (!(isOutnumbered || isOld || isTooMuch) || refusals.has(head.path)) return;
    for (const member of members) {
      if (refusals.has(member.path)) continue;
      goes.add(member.path);
      bytesLeft -= member.facts.bytes;
    }
  });
  return {
    goes: candidates.filter(({ path }) => goes.has(path)),
    stays: candidates
      .filter(({ path }) => !goes.has(path))
      .map((candidate) => ({ candidate, because: whyItStays(candidate, refusals, holders) })),
    bytesLeft,
  };
}

/** Why this folder is not to be touched whatever the rule says; `null` where nothing speaks for it. */
function refusalOf(
  { startedAtMs, facts, isUnfinished }: PruneCandidate,
  rule: PruneRule,
  nowMs: number,
): string | null {
  if (startedAtMs === null) return 'was renamed';
  if (isUnfinished && nowMs - facts.changedAtMs < GOES_ON_MS) {
    return `has no record and changed ${formatDurationMs(Math.max(0, nowMs - facts.changedAtMs))} ago: it may go on`;
  }
  const foreign = [...facts.folders, ...facts.links, ...facts.names.filter((file) => !OWN_FILE.test(file))];
  const [first] = foreign;
  if (first !== undefined) return `holds ${first}, which is not of bpbench`;
  if (facts.names.length === 0) return 'is empty: it may be about to begin';
  return facts.names.includes(KEEP_FILE) && !rule.includesHeld ? `holds ${KEEP_FILE}` : null;
}

/** By the path of a run: the comparisons that hold it. What their records name besides is no candidate. */
function holdersOf(candidates: readonly PruneCandidate[]): Map<string, PruneCandidate[]> {
  const holders = new Map<string, PruneCandidate[]>();
  for (const comparison of candidates) {
    for (const folder of comparison.runFolders) {
      const path = join(comparison.path, folder);
      if (path !== comparison.path) holders.set(path, [...(holders.get(path) ?? []), comparison]);
    }
  }
  return holders;
}

function heldAloneBy(
  head: PruneCandidate,
  candidates: readonly PruneCandidate[],
  holders: ReadonlyMap<string, readonly PruneCandidate[]>,
): PruneCandidate[] {
  if (head.runFolders.length === 0) return [];
  return candidates.filter(({ path }) => {
    const own = holders.get(path) ?? [];
    return own.length > 0 && own.every((holder) => holder.path === head.path);
  });
}

function whyItStays(
  { path }: PruneCandidate,
  refusals: ReadonlyMap<string, string>,
  holders: ReadonlyMap<string, readonly PruneCandidate[]>,
): string {
  const [holder] = holders.get(path) ?? [];
  return refusals.get(path) ?? (holder === undefined ? '' : `belongs to ${holder.name}`);
}
