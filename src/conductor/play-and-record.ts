/**
 * One run from start to file: plays it, writes raw data as it goes, judges, and writes the record. A disk
 * that fails costs the files and never the run.
 */
import { join } from 'node:path';
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import { wallTimeIso } from '../core/clock.ts';
import { BenchError, messageOf } from '../core/errors.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import { drawShortId } from '../core/random.ts';
import type { RunRecord } from '../core/record.ts';
import type { LoadSample, SystemSample } from '../core/samples.ts';
import type { IntervalHistogram } from '../load/control.ts';
import { findFindings } from '../report/findings.ts';
import { HlogWriter } from '../report/hlog-writer.ts';
import { renderPage } from '../report/html/page.ts';
import { loadSeries } from '../report/load-report.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { RunReport } from '../report/report.ts';
import { createResultFolder, pointLatestTo, writeAtomically } from '../report/result-store.ts';
import { requestGroupsOf, type TimelineRow, toTimelineRow } from '../report/timeline-row.ts';
import { TimelineWriter } from '../report/timeline-writer.ts';
import { evaluateChecks } from '../scenarios/checks.ts';
import { findWarnings, tell } from '../system/strategies/legality.ts';
import { findSelfWaits } from './architecture-rules.ts';
import { buildRecord } from './build-record.ts';
import { fitToTarget } from './endpoints.ts';
import { readEnvironment } from './environment.ts';
import { type RunObserver, type RunOutcome, type RunRequest, runScenario } from './run-scenario.ts';
import { judge } from './verdict.ts';

const MAX_ROWS_KEPT = 1000;

export interface PlayRequest extends Omit<RunRequest, 'observer'> {
  readonly strategyName: string;
  /** The command that repeats the run. */
  readonly command: string;
  /** Folder of all results; `null` writes nothing. */
  readonly resultsBase: string | null;
  /** Hears of everything beside the files, for live progress. */
  readonly observer?: RunObserver;
}

export interface PlayedRun {
  readonly record: RunRecord;
  /** The folder with the files; `null` when nothing was to be written. */
  readonly folder: string | null;
  /** What the queues did over time, at most {@link MAX_ROWS_KEPT} rows; the file has all. */
  readonly timeline: readonly TimelineRow[];
  /** Why the run could not be played to its end, or its files not written. */
  readonly failures: readonly BenchError[];
}

/** Errors: BPB_ERR_RESULTS_NOT_WRITABLE before anything is started; BPB_ERR_START_FAILED. */
export async function playAndRecord(asked: PlayRequest): Promise<PlayedRun> {
  const request = { ...asked, plan: fitToTarget(asked.plan, asked.target) };
  const id = drawShortId();
  const startedAt = wallTimeIso();
  const files =
    request.resultsBase === null ? null : await RunFiles.create(request.resultsBase, id, startedAt, request);
  const outcome = await runScenario({ ...request, observer: joinObservers(files, request) });
  const { plan, strategies, strategyName, command, target } = request;
  const built = buildRecord({
    ...{ id, startedAt, command, plan, strategies, strategyName, target, outcome },
    environment: readEnvironment(),
  });
  const record = judgeRecord(built, plan, outcome);
  const failures = outcome.failure === null ? [] : [outcome.failure];
  if (files === null) return { record, folder: null, timeline: [], failures };
  const unwritten = await files.finish(record);
  return { record, folder: files.path, timeline: files.rows, failures: [...failures, ...unwritten] };
}

function judgeRecord(
  built: RunRecord,
  plan: ScenarioPlan,
  { collector, failure, stalls }: RunOutcome,
): RunRecord {
  const findings = [
    ...describeFailure(failure),
    ...findFindings(built),
    ...describeUntold(stalls),
    ...describeWarnings(built),
  ];
  const series = collector.latency.intervals.map((one) => ({ ...one, delivered: one.count }));
  const judged: RunRecord = { ...built, findings };
  judged.checks = evaluateChecks(plan.checks, judged, series);
  judged.verdict = judge(judged);
  return judged;
}

function describeFailure(failure: BenchError | null): RunRecord['findings'] {
  if (failure === null) return [];
  const isMemory = /out of memory|ENOMEM/i.test(failure.message);
  return [
    {
      code: isMemory ? 'out-of-memory' : 'broken-off',
      level: 'warn',
      text: `The run broke off: ${failure.message}`,
    },
  ];
}

/** How many stalls there were beside those that the record names. */
function describeUntold({ stalls, untold }: RunOutcome['stalls']): RunRecord['findings'] {
  if (untold === 0) return [];
  return [
    {
      code: 'stalls-untold',
      level: 'warn',
      text: `Beside the ${stalls.length} stalls that are told of there were ${untold} more.`,
    },
  ];
}

/** What was said of the strategies before the run, kept with its result. */
function describeWarnings({ strategy, target, scenario }: RunRecord): RunRecord['findings'] {
  if (target.kind === 'external') return [];
  return BOUNDARY_NAMES.flatMap((boundary) => {
    const spec = strategy[boundary];
    const forced = findSelfWaits(spec, boundary, scenario.system.ws).map(tell);
    const texts = [...findWarnings(spec, boundary), ...forced];
    return texts.map((text) => ({
      code: 'strategy-warning',
      level: 'info' as const,
      text: `${boundary}: ${text}`,
    }));
  });
}

/** The files of one run: raw data while it goes, record and report at its end. */
class RunFiles implements RunObserver {
  readonly path: string;
  readonly #base: string;
  readonly #name: string;
  readonly #timeline: TimelineWriter;
  readonly #hlog: HlogWriter;
  readonly #requestGroups: ReadonlySet<string>;
  #interval: IntervalHistogram[] = [];
  /** A thinned copy of the timeline, so that memory stays flat. */
  rows: TimelineRow[] = [];
  #keepEvery = 1;
  #seen = 0;

  private constructor(
    base: string,
    folder: { name: string; path: string },
    timeline: TimelineWriter,
    hlog: HlogWriter,
    plan: ScenarioPlan,
  ) {
    this.#base = base;
    this.#name = folder.name;
    this.path = folder.path;
    this.#timeline = timeline;
    this.#hlog = hlog;
    this.#requestGroups = requestGroupsOf(plan);
  }

  static async create(
    base: string,
    id: string,
    startedAt: string,
    { plan, strategyName }: PlayRequest,
  ): Promise<RunFiles> {
    const folder = await createResultFolder(base, {
      startedAtIso: startedAt,
      scenario: plan.name,
      strategy: strategyName,
      id,
    });
    const header = {
      timelineVersion: 1,
      id,
      scenario: plan.name,
      strategy: strategyName,
      startedAt,
      seed: plan.seed,
    } as const;
    const timeline = await TimelineWriter.create(join(folder.path, 'timeline.ndjson'), header);
    const hlog = await HlogWriter.create(join(folder.path, 'latency.hlog'), { epochIso: startedAt });
    return new RunFiles(base, folder, timeline, hlog, plan);
  }

  onSample(system: SystemSample | null, load: LoadSample): void {
    const interval = this.#interval.length === 0 ? null : this.#interval;
    this.#interval = [];
    const row = toTimelineRow({ system, load, interval, requestGroups: this.#requestGroups });
    this.#timeline.add(row);
    if (this.#seen++ % this.#keepEvery === 0) this.rows.push(row);
    if (this.rows.length > MAX_ROWS_KEPT) {
      this.rows = this.rows.filter((_, index) => index % 2 === 0);
      this.#keepEvery *= 2;
    }
  }

  onInterval(message: { startMs: number; endMs: number; histograms: IntervalHistogram[] }): void {
    this.#interval.push(...message.histograms);
    this.#hlog.add(message);
  }

  /** Closes the raw files and writes record and report; answers what could not be written. */
  async finish(record: RunRecord): Promise<BenchError[]> {
    await Promise.all([this.#timeline.close(), this.#hlog.close()]);
    const failures = [this.#timeline.error, this.#hlog.error].filter((error) => error !== null);
    if (this.#timeline.error === null) record.files.push('timeline.ndjson');
    if (this.#hlog.error === null) record.files.push('latency.hlog');
    const page = 'report.html';
    record.files.unshift('record.json', page, 'report.md');
    const write = async (name: string, text: () => string | Promise<string>): Promise<void> => {
      try {
        await writeAtomically(join(this.path, name), await text());
      } catch (thrown) {
        record.files.splice(record.files.indexOf(name), 1);
        failures.push(toBenchError(thrown));
      }
    };
    const writeRecord = () => write('record.json', () => `${JSON.stringify(record, null, 2)}\n`);
    await write('report.md', () => renderMarkdown(record));
    await writeRecord();
    if (!record.files.includes('record.json')) {
      record.files.splice(record.files.indexOf(page), 1);
      return failures;
    }
    await pointLatestTo(this.#base, this.#name);
    // After the record, because whatever becomes of the page must not cost it.
    await write(page, async () => renderPage(await this.#toReport(record)));
    if (record.files.includes(page)) return failures;
    await writeRecord();
    // Where even that failed, the record that names the page is still there.
    if (!record.files.includes('record.json')) record.files.unshift('record.json');
    return failures;
  }

  async #toReport(record: RunRecord): Promise<RunReport> {
    return { kind: 'run', record, folder: this.path, ...(await loadSeries(record, this.path)) };
  }
}

function toBenchError(thrown: unknown): BenchError {
  if (thrown instanceof BenchError) return thrown;
  return new BenchError('BPB_ERR_WRITE_FAILED', messageOf(thrown), { cause: thrown });
}

function joinObservers(files: RunFiles | null, { observer }: PlayRequest): RunObserver {
  return {
    onStarted: () => observer?.onStarted?.(),
    onPhase: (name, index, startedMs) => observer?.onPhase?.(name, index, startedMs),
    onSample(system, load) {
      files?.onSample(system, load);
      observer?.onSample?.(system, load);
    },
    onInterval(message) {
      files?.onInterval(message);
      observer?.onInterval?.(message);
    },
  };
}
