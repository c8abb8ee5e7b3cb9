import { formatHlogHeader, formatHlogInterval } from '../hlog-writer.ts';
import type { LatencyInterval, Report, RunReport } from '../report.ts';
import type { Format } from './format.ts';

/** Lines in the order of time; those of a comparison have the name of the arm in front of the group's. */
export default {
  name: 'hlog',
  extensions: ['.hlog'],
  summary: 'HdrHistogram log 1.3 of every interval, tagged by group and kind of latency',
  isText: true,
  render(report) {
    const runs = report.kind === 'run' ? [report] : report.runs;
    const starts = runs.map(({ record }) => Date.parse(record.startedAt));
    const epochMs = Math.min(...starts);
    if (!Number.isFinite(epochMs))
      return `${formatHlogHeader(Date.parse(report.record.startedAt)).join('\n')}\n`;
    const lines = runs
      .flatMap((run, at) => moments(run, (starts[at] ?? epochMs) - epochMs, armPrefix(report, run)))
      .sort((a, b) => a.startMs - b.startMs)
      .flatMap((moment) => formatHlogInterval(epochMs, moment));
    return `${[...formatHlogHeader(epochMs), ...lines].join('\n')}\n`;
  },
} satisfies Format;

interface Moment {
  readonly startMs: number;
  readonly endMs: number;
  readonly histograms: LatencyInterval[];
}

/** The intervals of all groups that are of the same time, together. */
function moments({ intervals }: RunReport, offsetMs: number, prefix: string): Moment[] {
  const byTime = new Map<string, Moment>();
  for (const interval of intervals) {
    const key = `${interval.startMs}-${interval.endMs}`;
    const moment = byTime.get(key) ?? {
      startMs: interval.startMs + offsetMs,
      endMs: interval.endMs + offsetMs,
      histograms: [],
    };
    byTime.set(key, moment);
    moment.histograms.push({ ...interval, group: `${prefix}${interval.group}` });
  }
  return [...byTime.values()];
}

function armPrefix(report: Report, { record }: RunReport): string {
  if (report.kind === 'run') return '';
  const arm = report.record.runs.find(({ id }) => id === record.id)?.arm ?? record.strategyName;
  return `${arm}.`;
}
