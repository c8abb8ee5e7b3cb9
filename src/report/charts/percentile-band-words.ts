/** What the bands of the percentile plot mean, and why one is missing. */
import { formatMoment } from './number-text.ts';
import { BLOCK_MS, findShortPhase, MIN_BLOCKS, MIN_RUNS } from './percentile-band.ts';
import type { SampledRun, Stretch } from './sampled-run.ts';
import { shortName } from './text-width.ts';

/** Whether a line is one run, or all runs of an arm. */
export type BandBasis = 'run' | 'runs';

export interface BandedLine {
  readonly name: string;
  readonly runs: readonly SampledRun[];
  readonly band: object | null;
}

const BLOCKS = `blocks of ${formatMoment(BLOCK_MS)}`;

/** For the legend. */
export function bandLabel(basis: BandBasis): string {
  return basis === 'run' ? 'bands: 95 % within this run' : 'bands: 95 % over runs';
}

export function bandSentence(basis: BandBasis, lines: readonly BandedLine[]): string {
  const drawn = lines.filter(({ band }) => band !== null);
  const missing = lines.filter(({ band }) => band === null);
  return [
    ...(drawn.length === 0 ? [] : [basis === 'run' ? WITHIN : overRuns(drawn)]),
    ...explainMissing(basis, missing, drawn.length > 0),
  ].join(' ');
}

const WITHIN = `Bands: 95 %, within this run (${BLOCKS} or longer, resampled); they say nothing of how much another run would differ.`;

function overRuns(lines: readonly BandedLine[]): string {
  const counts = lines.map(({ runs }) => runs.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const each = least === most ? `${least} runs each` : `${least} to ${most} runs each`;
  return `Bands: 95 %, over runs (${each}, resampled with their blocks).`;
}

/** One sentence for all that lack it for the same reason. */
function explainMissing(basis: BandBasis, lines: readonly BandedLine[], hasOthers: boolean): string[] {
  const shortest = lines
    .flatMap(({ runs: [run] }) => (run === undefined ? [] : (findShortPhase(run) ?? [])))
    .sort((a, b) => a.toMs - a.fromMs - (b.toMs - b.fromMs))[0];
  const explain = (line: BandedLine): string => {
    if (basis === 'runs') return line.runs.length < MIN_RUNS ? whyOfRuns(line.runs.length) : TOO_FEW_SAMPLES;
    const isShort = shortest !== undefined && line.runs.some((run) => findShortPhase(run) !== null);
    return isShort ? whyOfRun(shortest) : TOO_FEW_SAMPLES;
  };
  const byReason = Map.groupBy(lines, explain);
  return [...byReason].map(([reason, those]) => {
    const isAll = !hasOthers && byReason.size === 1;
    return `${isAll ? 'No bands' : `No band of ${those.map(({ name }) => name).join(', ')}`}: ${reason}`;
  });
}

const TOO_FEW_SAMPLES = 'there are too few samples.';

function whyOfRun({ name, fromMs, toMs }: Stretch): string {
  const atLeast = formatMoment(MIN_BLOCKS * BLOCK_MS);
  const length = formatMoment(Math.max(0, Math.round((toMs - fromMs) / 100) * 100));
  return `the phase ${shortName(name)} has ${length}, and only one of ${atLeast} or more (${MIN_BLOCKS} ${BLOCKS}) says how uncertain it is.`;
}

function whyOfRuns(count: number): string {
  return `it takes ${MIN_RUNS} runs to say how much another would differ, and there ${count === 1 ? 'is one' : `are ${count}`}.`;
}
