/** The benchmark's findings as text. */
import type { Measured } from './rounds.ts';

export interface Comparison {
  readonly title: string;
  readonly rows: readonly Measured[];
  /** bpbench over the best package of npm, in requests per second. */
  readonly ratio: number;
  readonly best: string;
  /** CPU per request of the most frugal package of npm over that of bpbench: what `ratio` is where nothing disturbs. */
  readonly cpuRatio: number;
  readonly mostFrugal: string;
  /** What the ratio should be at least. */
  readonly goal: number;
  /** Why the figures are to be read with care. */
  readonly doubts: readonly string[];
}

/** A proxy that got less of its core than this was held up by something else than its own work. */
const FULL_CORE = 0.85;

/** `own` is the name of bpbench's row. */
export function compare(title: string, rows: readonly Measured[], own: string, goal: number): Comparison {
  const packages = rows.filter(({ isPackage }) => isPackage);
  const best = packages.toSorted((a, b) => b.requestsPerSec - a.requestsPerSec)[0];
  const mostFrugal = packages.toSorted((a, b) => cpuOf(a) - cpuOf(b))[0];
  const ours = rows.find(({ name }) => name === own);
  if (best === undefined || mostFrugal === undefined || ours === undefined)
    throw new Error(`${title}: nothing to compare`);
  const starved = rows.filter((row) => row.cpuUsPerRequest !== null && coreShare(row) < FULL_CORE);
  return {
    title,
    rows,
    ratio: ours.requestsPerSec / best.requestsPerSec,
    best: best.name,
    cpuRatio: cpuOf(mostFrugal) / cpuOf(ours),
    mostFrugal: mostFrugal.name,
    goal,
    doubts:
      starved.length === 0
        ? []
        : [
            `used less than ${FULL_CORE * 100} % of the core: ${starved.map(({ name }) => name).join(', ')}` +
              '; the machine was busy or the load too low: trust CPU per request',
          ],
  };
}

export function renderComparison(comparison: Comparison): string {
  const { title, rows, ratio, best, cpuRatio, mostFrugal, goal, doubts } = comparison;
  const reference = rows.find(({ name }) => name === best)?.requestsPerSec ?? Number.NaN;
  const cells = rows.map((row) => [
    row.name,
    row.requestsPerSec.toFixed(0),
    `${row.range[0].toFixed(0)}–${row.range[1].toFixed(0)}`,
    row.cpuUsPerRequest?.toFixed(1) ?? '',
    row.cpuUsPerRequest === null ? '' : `${(coreShare(row) * 100).toFixed(0)} %`,
    row.rssMb?.toFixed(0) ?? '',
    (row.requestsPerSec / reference).toFixed(2),
  ]);
  const head = ['', 'requests/s', 'range', 'CPU µs/request', 'of the core', 'RSS MB', `× ${best}`];
  const widths = head.map((text, at) => Math.max(text.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const lines = [head, ...cells].map((row) =>
    row
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const finding =
    `bpbench ${ratio.toFixed(2)} × ${best} in requests/s, ${cpuRatio.toFixed(2)} × ${mostFrugal} in CPU; ` +
    `goal ≥ ${goal} ×: ${ratio >= goal ? 'reached' : 'missed'}`;
  return [title, ...lines, finding, ...doubts.map((doubt) => `doubt: ${doubt}`)].join('\n');
}

function cpuOf({ cpuUsPerRequest }: Measured): number {
  return cpuUsPerRequest ?? Number.POSITIVE_INFINITY;
}

function coreShare(row: Measured): number {
  return ((row.cpuUsPerRequest ?? 0) * row.requestsPerSec) / 1e6;
}
