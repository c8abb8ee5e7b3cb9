import type { ArmRun } from '../../core/comparison.ts';
import { sumReasons } from '../../core/ledger.ts';
import type { RunRecord } from '../../core/record.ts';
import { countUnfinished } from '../format.ts';
import { listGroups, type NamedGroup } from '../readings.ts';
import { plainText } from '../text.ts';
import type { Format } from './format.ts';

type Cell = string | number | null | undefined;

/** What the rows of one run have in common. */
interface RunCells {
  readonly arm: string;
  /** From 1, as people are shown it. */
  readonly block: number | null;
  readonly rejected: string | null;
  readonly record: RunRecord;
}

const RUN_COLUMNS: Record<string, (run: RunCells) => Cell> = {
  run: ({ record }) => record.id,
  arm: ({ arm }) => arm,
  block: ({ block }) => block,
  rejected: ({ rejected }) => rejected,
  scenario: ({ record }) => record.scenario.name,
  strategy: ({ record }) => record.strategyName,
  seed: ({ record }) => record.seed,
  started_at: ({ record }) => record.startedAt,
  verdict: ({ record }) => record.verdict.status,
  partial: ({ record }) => String(record.partial),
};

const GROUP_COLUMNS: Record<string, (group: NamedGroup) => Cell> = {
  group: ({ name }) => name,
  path: ({ result }) => result.path,
  connections: ({ result }) => result.connections,
  offered: ({ result }) => result.ledger.offered,
  delivered: ({ result }) => result.ledger.delivered,
  dropped: ({ result }) => sumReasons(result.ledger.dropped),
  coalesced: ({ result }) => sumReasons(result.ledger.coalesced),
  failed: ({ result }) => sumReasons(result.ledger.failed),
  unfinished: ({ result }) => countUnfinished(result.ledger),
  unaccounted: ({ result }) => result.ledger.unaccounted,
  gaps: ({ result }) => result.gaps,
  duplicates: ({ result }) => result.duplicates,
  reordered: ({ result }) => result.reordered,
  response_p50_ms: ({ result }) => result.latency.response.p50,
  response_p90_ms: ({ result }) => result.latency.response.p90,
  response_p99_ms: ({ result }) => result.latency.response.p99,
  response_p999_ms: ({ result }) => result.latency.response.p999,
  response_max_ms: ({ result }) => result.latency.response.max,
  service_p99_ms: ({ result }) => result.latency.service.p99,
  slip_p99_ms: ({ result }) => result.latency.slip.p99,
  age_p99_ms: ({ result }) => result.latency.age?.p99,
  all_p50_ms: ({ result }) => result.latency.all.p50,
  all_p99_ms: ({ result }) => result.latency.all.p99,
  all_p999_ms: ({ result }) => result.latency.all.p999,
  deadline_ms: ({ result }) => result.latency.deadlineMiss.deadlineMs,
  deadline_miss_share: ({ result }) => result.latency.deadlineMiss.share,
};

/** RFC 4180: a header line, lines end in CR LF. What is absent is empty, what was never served is `inf`. */
export default {
  name: 'csv',
  extensions: ['.csv'],
  summary: 'one row for each run and client group, for spreadsheets',
  isText: true,
  render(report) {
    const runs =
      report.kind === 'run'
        ? [{ arm: report.record.strategyName, block: null, rejected: null, record: report.record }]
        : report.runs.map(({ record }) => cellsOf(record, report.record.runs));
    const rows = runs.flatMap((run) =>
      listGroups(run.record).map((group) => [
        ...Object.values(RUN_COLUMNS).map((cellOf) => cellOf(run)),
        ...Object.values(GROUP_COLUMNS).map((cellOf) => cellOf(group)),
      ]),
    );
    const header = [...Object.keys(RUN_COLUMNS), ...Object.keys(GROUP_COLUMNS)];
    return [header, ...rows].map((row) => `${row.map(toCell).join(',')}\r\n`).join('');
  },
} satisfies Format;

function cellsOf(record: RunRecord, runs: readonly ArmRun[]): RunCells {
  const run = runs.find(({ id }) => id === record.id);
  return {
    arm: run?.arm ?? record.strategyName,
    block: run === undefined || run.block === null ? null : run.block + 1,
    rejected: run?.rejected ?? null,
    record,
  };
}

/**
 * A spreadsheet runs what begins with `=`, `+`, `-` or `@` as a formula, also behind blanks and in quotes: such texts get
 * an apostrophe in front. Numbers are ours and stay as they are.
 */
export function toCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = plainText(cell);
  const harmless = /^\s*[=+\-@|%＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
