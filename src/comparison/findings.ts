/** What a comparison found, in plain words. It names who is better at what, and never one winner without a need. */
import type { ComparisonRecord, MetricResult, MetricSpec } from '../core/comparison.ts';
import type { Environment, Finding } from '../core/record.ts';
import type { OpenedBaseline } from './baseline.ts';
import { countOf } from './counts.ts';
import { describeEnvironmentDifference, fingerprintOf } from './fingerprint.ts';
import { describeChange, formatMagnitude } from './metric-words.ts';
import { knownObjectives, OBJECTIVES, readDominance } from './pareto.ts';
import { marginOf } from './samples.ts';

const REASONS_SHOWN = 3;
const REASON_SHOWN = 100;

export interface FindingFacts {
  readonly opened: OpenedBaseline | null;
  readonly environments: readonly Environment[];
  readonly maxMinimumDetectable: number;
}

export function describeFindings(record: ComparisonRecord, facts: FindingFacts): Finding[] {
  return [
    ...describeDesign(record),
    ...describeHosts(facts),
    ...describeRejected(record),
    ...describeResults(record, facts),
    ...describeTradeOffs(record),
    ...describeNeeds(record),
  ];
}

function describeDesign({ design, arms, results }: ComparisonRecord): Finding[] {
  if (arms.length < 2) return [];
  if (design.type === 'single' && results.every(({ n }) => n <= 1)) {
    const text = 'One run each: chance alone may explain every difference. --repeat 10 tells what is real.';
    return [{ code: 'single', level: 'doubt', text }];
  }
  if (design.type !== 'unpaired') return [];
  const text =
    'The runs are not paired, so whatever changed between them counts as a difference of the arms.';
  return [{ code: 'unpaired', level: 'doubt', text }];
}

function describeHosts({ opened, environments }: FindingFacts): Finding[] {
  const findings: Finding[] = [];
  const [first] = environments;
  const other = first && environments.find((one) => fingerprintOf(one) !== fingerprintOf(first));
  if (first !== undefined && other !== undefined) {
    const difference = describeEnvironmentDifference(first, other).join('; ');
    findings.push({
      code: 'other_environment',
      level: 'doubt',
      text: `The runs are of different hosts: ${difference}.`,
    });
  }
  if (opened !== null && opened.environmentDifference.length > 0) {
    const how = opened.isCalibrated ? 'the calibration arm allows for it' : 'nothing calibrates it';
    const text = `The baseline is of another host, ${how}: ${opened.environmentDifference.join('; ')}.`;
    findings.push({ code: 'other_environment', level: opened.isCalibrated ? 'info' : 'doubt', text });
  }
  return findings;
}

function describeRejected({ runs }: ComparisonRecord): Finding[] {
  const rejected = runs.filter((run) => run.rejected !== null);
  if (rejected.length === 0) return [];
  const why = [...Map.groupBy(rejected, (run) => run.rejected ?? '')].map(
    ([reason, of]) => `${of.length} × ${shorten(reason)}`,
  );
  const text = `${rejected.length} of ${countOf(runs.length, 'run')} ${rejected.length === 1 ? 'does' : 'do'} not count: ${why.slice(0, REASONS_SHOWN).join('; ')}.`;
  return [{ code: 'rejected', level: 'doubt', text }];
}

function shorten(text: string): string {
  return text.length > REASON_SHOWN ? `${text.slice(0, REASON_SHOWN)}…` : text;
}

function describeResults(record: ComparisonRecord, { maxMinimumDetectable }: FindingFacts): Finding[] {
  const specs = new Map(record.metrics.map((spec) => [spec.name, spec]));
  const findings: Finding[] = [];
  for (const [arm, ofArm] of Map.groupBy(record.results, (result) => result.arm)) {
    // Where no run counts there is nothing to say of each metric.
    if (ofArm.every(({ value }) => value === null)) continue;
    const told = ofArm.flatMap((result) => {
      const spec = specs.get(result.metric);
      return spec === undefined || !record.family.gated.includes(result.metric) ? [] : [{ result, spec }];
    });
    findings.push(...describeArm(arm, told));
    for (const one of told) findings.push(...describeDoubts(one, maxMinimumDetectable));
  }
  return findings;
}

interface Told {
  readonly result: MetricResult;
  readonly spec: MetricSpec;
}

function describeArm(arm: string, told: readonly Told[]): Finding[] {
  const changed = told.filter(({ result }) => result.verdict === 'worse' || result.verdict === 'better');
  const [one] = changed;
  if (one === undefined) return [];
  const list = changed
    .map(({ result, spec }) => `${result.metric} ${describeChange(result, spec)}`)
    .join(', ');
  const level = changed.some(({ result }) => result.verdict === 'worse') ? 'warn' : 'info';
  return [{ code: 'changed', level, text: `${arm} against ${one.result.reference}: ${list}.` }];
}

function describeDoubts({ result, spec }: Told, maxMinimumDetectable: number): Finding[] {
  const findings: Finding[] = [];
  const what = `${result.metric} of ${result.arm}`;
  if (result.verdict === 'invalid') {
    const why =
      result.reason === 'insufficient'
        ? 'too little was offered for this percentile'
        : 'some runs have no data';
    findings.push({ code: 'no_data', level: 'doubt', text: `${what} cannot be told: ${why}.` });
  }
  if (result.reason === 'inf-in-both') {
    const text = `${what} is infinite on both sides and was not compared; deadlineMiss tells them apart.`;
    findings.push({ code: 'inf_in_both', level: 'info', text });
  }
  const { minimumDetectable, verdict } = result;
  const isOpen = verdict === 'inconclusive' && minimumDetectable !== null;
  if (isOpen && minimumDetectable > maxMinimumDetectable * marginOf(spec)) {
    const margin = formatMagnitude(minimumDetectable / maxMinimumDetectable, spec.kind);
    const text = `${what} varies too much here for its margin: this host and so many blocks can hold ${margin}.`;
    findings.push({ code: 'noisy', level: 'doubt', text });
  }
  if (doMethodsDisagree(result, marginOf(spec))) {
    const text = `${what}: the t interval and the signed ranks disagree; the ranks decide.`;
    findings.push({ code: 'methods_disagree', level: 'doubt', text });
  }
  return findings;
}

/** Whether the t interval lies beyond the margin and the signed-rank interval does not, or the other way round. */
export function doMethodsDisagree({ interval95, display: { t95 } }: MetricResult, margin: number): boolean {
  if (interval95 === null || t95 === null) return false;
  const sideOf = ({ low, high }: { low: number; high: number }): number =>
    low > margin ? 1 : high < -margin ? -1 : 0;
  return sideOf(interval95) !== sideOf(t95);
}

/** The front is everybody whom somebody could have a reason to choose. */
function describeTradeOffs(record: ComparisonRecord): Finding[] {
  const dominance = record.mode === 'versus' ? readDominance(record) : null;
  if (dominance === null) return [];
  const findings: Finding[] = dominance.dominated.map(({ arm, values, dominatedBy }) => {
    const compared = listOf(knownObjectives(values).map((name) => OBJECTIVES[name].header));
    const text = `${arm} is dominated by ${listOf(dominatedBy)}: as good or better in ${compared}.`;
    return { code: 'dominated', level: 'info', text };
  });
  const { front } = dominance;
  if (front.length > 1) {
    const text = `${front.join(', ')}: none is best at everything. Choose by what your users can bear, or state a --need.`;
    findings.push({ code: 'trade_off', level: 'info', text });
  }
  return findings;
}

/** `loss, bytes and cpu`. */
function listOf(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

function describeNeeds({ needs }: ComparisonRecord): Finding[] {
  return needs.map(({ expression, arms, smallestCapacity }) => {
    const able = arms.filter(({ status }) => status === 'yes').map(({ arm }) => arm);
    const isUnreplicated = arms.some((arm) => arm.isUnreplicated) ? ' (unreplicated)' : '';
    const who = able.length === 0 ? 'no arm for certain' : able.join(', ');
    const least =
      smallestCapacity === null
        ? ''
        : ` The smallest capacity that does is ${smallestCapacity.capacityItems} items, ${smallestCapacity.arm}.`;
    const level = able.length === 0 ? 'warn' : 'info';
    return { code: 'need', level, text: `${expression}: ${who}${isUnreplicated}.${least}` };
  });
}
