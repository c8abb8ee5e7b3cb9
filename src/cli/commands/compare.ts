/** `bpbench compare`: results that are there, against each other or against a baseline; or the test of the comparison itself. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BASELINE_EXTENSION, loadBaseline } from '../../conductor/experiment/baseline-files.ts';
import { compareResults, type NamedReport, runsOf } from '../../conductor/experiment/compare-results.ts';
import { BenchError } from '../../core/errors.ts';
import { quoteForShell } from '../../core/shell.ts';
import { loadReport } from '../../report/load-report.ts';
import { readSeconds } from '../../report/second-latencies.ts';
import { judgingWords } from '../command-line.ts';
import { findBaseline } from '../compare-baseline.ts';
import { asksForComparison, checkSaving, toJudging } from '../compare-judging.ts';
import { type PresentOptions, presentComparison } from '../compare-present.ts';
import { checkOutputs } from '../outputs.ts';
import { writeErr } from '../streams.ts';
import type { ColorChoice } from '../terminal.ts';

export interface CompareOptions extends PresentOptions {
  results: string;
  /** The scenario to play, or `true` for the usual one. */
  selfTest?: string | true;
  blocks?: number;
  seed?: number;
  progress: boolean;
  /** `false` for --no-color. */
  color: ColorChoice | false;
}

export async function compareCommand(words: string[], options: CompareOptions): Promise<void> {
  const color: ColorChoice = options.color === false ? 'never' : options.color;
  checkOutputs(options.out);
  checkSaving(options);
  if (options.selfTest !== undefined) {
    const { selfTestCommand } = await import('../compare-self-test.ts');
    process.exitCode = await selfTestCommand(words, options, color);
    return;
  }
  if (options.blocks !== undefined) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      '--blocks says how long --self-test is, and results are there already',
    );
  }
  const { results, baselines } = splitWords(words, options.results);
  if (results.length === 0) {
    throw new BenchError('BPB_ERR_USAGE', 'compare expects results, got none', {
      hints: ['bpbench compare results/A results/B', 'bpbench compare latest --baseline auto'],
    });
  }
  // Only other formats than the terminal look at timelines and histograms.
  const withSeries = options.out.length > 0;
  const named: NamedReport[] = [];
  for (const { label, path } of results) {
    const report = await loadReport(path, { withSeries, results: options.results });
    for (const problem of report.problems) writeErr(`warning: ${path}: ${problem}\n`);
    named.push({ label, report });
  }
  const [first] = named as [NamedReport, ...NamedReport[]];
  const { record: one } = first.report;
  const scenario = one.kind === 'run' ? one.scenario.name : one.plan.scenario.name;
  const baseline = await chooseBaseline(baselines, options, scenario);
  const command = ['bpbench', 'compare', ...words, ...judgingWords(options)].map(quoteForShell).join(' ');
  const { record, runs } = compareResults(
    named,
    toJudging(options, baseline),
    command,
    asksForComparison(options),
    await readSeconds(runsOf(named)),
  );
  process.exitCode = await presentComparison({ record, runs, folder: null, failures: [] }, options, color);
}

interface NamedPath {
  readonly label: string | null;
  readonly path: string;
}

/** `name=path` names an arm, unless there is a file of the whole text; baselines are told by how their names end. */
function splitWords(words: readonly string[], base: string): { results: NamedPath[]; baselines: string[] } {
  const results: NamedPath[] = [];
  const baselines: string[] = [];
  for (const word of words) {
    const match = existsSync(word) ? null : /^([^=/\\]+)=(.+)$/s.exec(word);
    const path = match?.[2] ?? word;
    if (path.endsWith(BASELINE_EXTENSION)) baselines.push(findBaselineFile(path, base));
    else results.push({ label: match === null ? null : (match[1] as string).trim(), path });
  }
  return { results, baselines };
}

/** As for results: what is here comes first, then a bare name in the folder of results. */
function findBaselineFile(path: string, base: string): string {
  const isBare = path === basename(path);
  const inBase = join(base, path);
  return isBare && !existsSync(path) && existsSync(inBase) ? inBase : path;
}

async function chooseBaseline(paths: readonly string[], options: CompareOptions, scenario: string) {
  const [path, second] = paths;
  if (path === undefined) return await findBaseline(options, scenario);
  if (second === undefined && options.baseline === undefined) return await loadBaseline(path);
  throw new BenchError('BPB_ERR_USAGE', 'expected one baseline at most, got several', {
    hints: ['compare with one after the other'],
  });
}
