/** Results that are there already, compared as if they had been played together. */
import { armOf } from '../../comparison/arms.ts';
import { buildComparison } from '../../comparison/build-comparison.ts';
import type { ComparedRun, ComparisonInput } from '../../comparison/inputs.ts';
import { rejectionOf } from '../../comparison/read-values.ts';
import type { SecondsByRun } from '../../comparison/warm-up.ts';
import type { Arm, ComparisonRecord } from '../../core/comparison.ts';
import { BenchError } from '../../core/errors.ts';
import { EXIT } from '../../core/exit-codes.ts';
import { drawShortId } from '../../core/random.ts';
import type { RunRecord } from '../../core/record.ts';
import type { ComparisonReport, Report, RunReport } from '../../report/report.ts';
import type { Judging } from './judge-experiment.ts';

/** One result that was named: a run, or a comparison with its runs. */
export interface NamedReport {
  /** As the user calls it; `null` where only its place was given. */
  readonly label: string | null;
  readonly report: Report;
}

export interface ResultsComparison {
  readonly record: ComparisonRecord;
  /** In the order of the record's runs. */
  readonly runs: readonly RunReport[];
}

/** A run on its way to its arm. */
interface Found {
  readonly label: string | null;
  /** What the comparison that it is from called its arm. */
  readonly armName: string | null;
  readonly rejected: string | null;
  readonly report: RunReport;
}

/**
 * Arms by strategy and version, or by label where one is given; runs of equal seed are pairs, and where some have no
 * partner none has. The reference is that of the comparison that runs come from, else the first arm named, unless
 * `judging` says otherwise. `seconds` is for the check of the warm-up, of the runs that `runsOf` finds.
 *
 * Errors: BPB_ERR_USAGE for no run at all, for several results that turn out to be one arm (unless that `mayBeAlone`:
 * held against a baseline, a need, or nothing at all), and those of `buildComparison`, other plans among them.
 */
export function compareResults(
  named: readonly NamedReport[],
  judging: Judging,
  command: string,
  mayBeAlone: boolean,
  seconds: SecondsByRun = new Map(),
): ResultsComparison {
  const inOrder = withoutRepeats(named.flatMap(findRuns));
  const found = inOrder.toSorted((a, b) => compareText(a.report, b.report));
  const [first] = inOrder;
  if (first === undefined) {
    throw new BenchError('BPB_ERR_USAGE', 'there is no run to compare', {
      hints: ['name result folders: bpbench compare results/A results/B'],
    });
  }
  const names = nameArms(inOrder);
  const arms = describeArms(inOrder, names);
  if (named.length > 1 && arms.length === 1 && !mayBeAlone) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      `all ${named.length} results are of one strategy and one version, ${arms[0]?.name}: nothing to compare`,
      { hints: ['say which is which: bpbench compare before=results/A after=results/B'] },
    );
  }
  const whole = wholeExperiment(named);
  const blocks = whole === null ? pairBySeed(found, names) : blocksOf(whole.record, found);
  const runs = found.map(
    (one): ComparedRun => ({
      arm: names.get(one) as string,
      block: blocks.get(one) ?? null,
      record: one.report.record,
      folder: null,
      rejected: one.rejected,
    }),
  );
  const design = whole?.record.design ?? describePairs(runs);
  const record = buildComparison({
    ...judging,
    metrics: {
      ...judging.metrics,
      isExternal: found.every(({ report }) => report.record.target.kind === 'external'),
    },
    id: drawShortId(),
    startedAt: (found[0] as Found).report.record.startedAt,
    durationMs: found.reduce((sum, { report }) => sum + report.record.durationMs, 0),
    command,
    seed: (found[0] as Found).report.record.seed,
    interruptedBy: whole?.record.interruptedBy ?? null,
    isPartial: whole?.record.partial ?? false,
    scenario: first.report.record.scenario,
    environment: first.report.record.environment,
    arms,
    reference: judging.reference ?? findReference(named, arms),
    runs,
    seconds,
    design,
  });
  // Whatever ended the experiment, nobody stops this command and it starts nothing.
  const exitCode = record.partial ? EXIT.invalid : record.exitCode;
  return { record: { ...record, exitCode }, runs: found.map(({ report }) => report) };
}

/** Whom the others were compared with when they were played, else the first that was named. */
function findReference(named: readonly NamedReport[], arms: readonly Arm[]): string {
  const played = named.flatMap(({ report }) =>
    report.kind === 'comparison' ? [report.record.reference] : [],
  );
  const known = played.find((reference) => arms.some(({ name }) => name === reference));
  return known ?? (arms[0] as Arm).name;
}

/** An experiment that is compared by itself stays what it was: what made it invalid is not forgotten. */
function wholeExperiment(named: readonly NamedReport[]): ComparisonReport | null {
  const [one, second] = named;
  if (one === undefined || second !== undefined || one.report.kind !== 'comparison') return null;
  const { record, runs } = one.report;
  // Runs of a baseline have no folders.
  const old = new Set(record.arms.filter(({ source }) => source === 'baseline').map(({ name }) => name));
  const played = record.runs.filter(({ arm }) => !old.has(arm));
  return record.design.type === 'blocks' && runs.length === played.length ? one.report : null;
}

function blocksOf({ runs }: ComparisonRecord, found: readonly Found[]): Map<Found, number> {
  const byId = new Map(runs.map(({ id, block }) => [id, block]));
  return new Map(found.map((one): [Found, number] => [one, byId.get(one.report.record.id) ?? 0]));
}

/** As if the pairs that count had been all that was planned. */
function describePairs(runs: readonly ComparedRun[]): ComparisonInput['design'] {
  const blocks = Map.groupBy(
    runs.filter(({ block }) => block !== null),
    ({ block }) => block,
  );
  const isGood = ({ rejected, record }: ComparedRun): boolean => (rejected ?? rejectionOf(record)) === null;
  const good = [...blocks.values()].filter((ofBlock) => ofBlock.every(isGood));
  return {
    blocksPlanned: good.length,
    order: [...blocks.values()].map((ofBlock) => ofBlock.map(({ arm }) => arm)),
    ...{ replayedBlocks: 0, replayedBlocksMax: 0, looksPlanned: 1, looksUsed: 1, attempt: 1 },
  };
}

/** All runs that were named, each as often as it was. */
export function runsOf(named: readonly NamedReport[]): RunReport[] {
  return named.flatMap(({ report }) => (report.kind === 'run' ? [report] : report.runs));
}

function findRuns({ label, report }: NamedReport): Found[] {
  if (report.kind === 'run') return [{ label, armName: null, rejected: null, report }];
  const byId = new Map(report.record.runs.map((run) => [run.id, run]));
  return report.runs.map((run): Found => {
    const known = byId.get(run.record.id);
    return { label, armName: known?.arm ?? null, rejected: known?.rejected ?? null, report: run };
  });
}

/**
 * Each run once by each label: a folder of results holds runs, the comparison that they are of, and `latest`, and one run
 * that is named twice is still one sample. What a comparison says of it goes first.
 */
function withoutRepeats(found: readonly Found[]): Found[] {
  const kept = new Map<string, Found>();
  for (const one of found) {
    const { id, startedAt } = one.report.record;
    const key = JSON.stringify([one.label, id, startedAt]);
    const earlier = kept.get(key);
    if (earlier === undefined || (earlier.armName === null && one.armName !== null)) kept.set(key, one);
  }
  return [...kept.values()];
}

function compareText(a: RunReport, b: RunReport): number {
  return a.record.startedAt < b.record.startedAt ? -1 : a.record.startedAt > b.record.startedAt ? 1 : 0;
}

/** The shortest names that tell the arms apart: strategy, label, and the version where those are not enough. */
function nameArms(found: readonly Found[]): Map<Found, string> {
  const plainName = ({ armName, report }: Found): string => armName ?? report.record.strategyName;
  const versionOf = ({ environment }: RunRecord): string =>
    environment.gitCommit?.slice(0, 7) ?? environment.bpbenchVersion;
  const inLabel = Map.groupBy(
    found.filter(({ label }) => label !== null),
    ({ label }) => label,
  );
  const hasOneStrategy = (one: Found): boolean =>
    new Set((inLabel.get(one.label) ?? []).map(plainName)).size === 1;
  const shortName = (one: Found): string => {
    if (one.label === null) return plainName(one);
    return hasOneStrategy(one) ? one.label : `${one.label} ${plainName(one)}`;
  };
  const versions = new Map<string, Set<string>>();
  for (const one of found) {
    const known = versions.get(shortName(one)) ?? new Set();
    versions.set(shortName(one), known.add(versionOf(one.report.record)));
  }
  return new Map(
    found.map((one) => {
      const name = shortName(one);
      const isAmbiguous = (versions.get(name)?.size ?? 0) > 1;
      return [one, isAmbiguous ? `${name}@${versionOf(one.report.record)}` : name];
    }),
  );
}

function describeArms(found: readonly Found[], names: ReadonlyMap<Found, string>): Arm[] {
  const arms = new Map<string, Arm>();
  for (const one of found) {
    const name = names.get(one) as string;
    if (!arms.has(name)) arms.set(name, armOf(one.report.record, name, 'results'));
  }
  return [...arms.values()];
}

/**
 * Blocks from 0 in the order of time: the nth run of a seed in one arm beside the nth in each other. Empty as soon as
 * a run that counts has no partner in every arm.
 */
function pairBySeed(found: readonly Found[], names: ReadonlyMap<Found, string>): Map<Found, number> {
  const times = new Map<string, number>();
  const keys = new Map<Found, string>();
  for (const one of found) {
    const { seed } = one.report.record;
    const count = times.get(`${names.get(one)} ${seed}`) ?? 0;
    times.set(`${names.get(one)} ${seed}`, count + 1);
    keys.set(one, `${seed} ${count}`);
  }
  const armCount = new Set(names.values()).size;
  const groups = [...Map.groupBy(found, (one) => keys.get(one) as string).values()];
  const isWhole = groups.every(
    (group) =>
      group.length === armCount ||
      group.every(({ rejected, report }) => rejected !== null || report.record.partial),
  );
  if (!isWhole) return new Map();
  return new Map(groups.flatMap((group, block) => group.map((one): [Found, number] => [one, block])));
}
