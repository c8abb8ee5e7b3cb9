import type { RunReport } from '../report.ts';
import type { TimelineHeader } from '../timeline-row.ts';
import type { Format } from './format.ts';

/** A comparison has the header of each run in front of its lines, and each of those says in `run` whose it is. */
export default {
  name: 'ndjson',
  extensions: ['.ndjson', '.jsonl'],
  summary: 'the timeline, one JSON object for each moment; headers first (bpbench schema timeline)',
  isText: true,
  render(report) {
    const lines =
      report.kind === 'run'
        ? [headerOf(report), ...report.timeline]
        : report.runs.flatMap((run) => [
            headerOf(run),
            ...run.timeline.map((row) => ({ run: run.record.id, ...row })),
          ]);
    return lines.map((line) => `${JSON.stringify(line)}\n`).join('') || '\n';
  },
} satisfies Format;

function headerOf({ record }: RunReport): TimelineHeader {
  const { id, scenario, strategyName, startedAt, seed } = record;
  return { timelineVersion: 1, id, scenario: scenario.name, strategy: strategyName, startedAt, seed };
}
