/** A run while it goes on: one block that redraws itself on a terminal, one line every few seconds for a log. */
import type { BoundaryName } from '../core/boundary.ts';
import { formatBytes, formatCount } from '../core/units.ts';
import { formatClock, formatMs, formatPerSec, NOT_AVAILABLE } from './format.ts';
import { createPaint, type Look, toScreen } from './look.ts';
import { measureRates, pressedQueue, type QueueState } from './progress-readings.ts';
import { renderSparkline } from './sparkline.ts';
import { displayWidth, plainText, truncate } from './text.ts';
import type { TimelineRow } from './timeline-row.ts';

export interface ProgressState {
  readonly scenario: string;
  readonly strategy: string;
  /** Of an experiment: `block 3 of 10 · run 2 of 2`. */
  readonly place: string | null;
  /** Until the end of the experiment, as far as one can tell; `null` for a single run, and while nobody can. */
  readonly leftMs: number | null;
  /** `null` before the first phase and while the queues drain. */
  readonly phase: { readonly name: string /** From 0. */; readonly index: number } | null;
  readonly phases: readonly { readonly durationMs: number }[];
  readonly elapsedMs: number;
  /** Of all phases. */
  readonly totalMs: number;
  /** The newest row, and one about a second before it for the rates; `null` while there is none. */
  readonly now: TimelineRow | null;
  readonly before: TimelineRow | null;
  /** The deepest queue of each boundary of late, oldest first. */
  readonly depths: readonly TimelineRow[];
  /** Items that one queue may hold; `null` for no bound. */
  readonly boundItems: Readonly<Partial<Record<BoundaryName, number | null>>>;
  /** Response times of what each group received in the last second: p50, and the largest p99 of its quarters. */
  readonly lastSecond: readonly { readonly group: string; readonly p50Ms: number; readonly p99Ms: number }[];
  /** Of the system's event loop, p99; `null` where nobody can look into it. */
  readonly loopDelayMs: number | null;
  /** Lateness of the generator outside bursts, p99, and where doubt begins. */
  readonly slip: { readonly p99Ms: number | null; readonly limitMs: number };
}

const LABEL = 12;
/** Narrower terminals break the lines. */
const MIN_COLUMNS = 20;
const MAX_BAR = 48;
const MAX_HISTORY = 24;

/** Lines of at most `width` columns. */
export function renderLiveBlock(state: ProgressState, look: Look): string[] {
  const paint = createPaint(look.color);
  const width = Math.max(MIN_COLUMNS, Number.isFinite(look.width) ? look.width : 80);
  const { now } = state;
  const row = (label: string, text: string): string => `  ${label.padEnd(LABEL - 2)}${text}`;
  const lines = [describeTitle(state)];
  if (now !== null) {
    const rates = measureRates(state);
    const queue = pressedQueue(state);
    lines.push(
      row('phases', renderPhases(state, Math.min(MAX_BAR, width - LABEL - 2))),
      row(
        'load',
        `offered ${formatPerSec(rates.offered)}  delivered ${formatPerSec(rates.delivered)}  dropped ${formatPerSec(rates.dropped)}`,
      ),
      row('generator', `slip p99 ${describeSlip(state)}`),
      row('latency', describeLastSecond(state, width - LABEL)),
      row('queue', queue === null ? 'none' : renderQueue(queue, state)),
      row('system', describeSystem(state)),
    );
  }
  return lines.map((line, at) => {
    const text = toScreen(truncate(line, width), look);
    if (at === 0) return paint.bold(text);
    return isLate(state) ? text.replace(/\bLATE\b/, (word) => paint.yellow(word)) : text;
  });
}

/** One line without colours or cursor codes. */
export function renderPlainLine(state: ProgressState): string {
  const { now, place, leftMs } = state;
  const words = [
    ...(place === null ? [] : [plainText(place)]),
    `${formatClock(state.elapsedMs)} of ${formatClock(state.totalMs)}`,
    describePhase(state),
  ];
  if (now !== null) {
    const rates = measureRates(state);
    const queue = pressedQueue(state);
    words.push(
      `offered ${formatPerSec(rates.offered)}`,
      `delivered ${formatPerSec(rates.delivered)}`,
      `dropped ${formatPerSec(rates.dropped)}`,
      `open ${formatCount(now.connections)}`,
      ...(queue === null ? [] : [`queue ${describeFill(queue)}`]),
      `slip p99 ${describeSlip(state)}`,
    );
  }
  if (leftMs !== null) words.push(describeLeft(leftMs));
  return words.join('  ');
}

function describeTitle(state: ProgressState): string {
  const { scenario, strategy, place, leftMs, elapsedMs, totalMs } = state;
  return [
    plainText(scenario),
    ...(place === null ? [] : [plainText(place)]),
    plainText(strategy),
    describePhase(state),
    `${formatClock(elapsedMs)} of ${formatClock(totalMs)}`,
    ...(leftMs === null ? [] : [describeLeft(leftMs)]),
  ].join(' · ');
}

function describePhase({ phase, phases, now }: ProgressState): string {
  if (phase === null) return now === null ? 'starting' : 'draining';
  return `${plainText(phase.name)} (${phase.index + 1} of ${phases.length})`;
}

/** Whole minutes, and seconds of the last two. */
function describeLeft(leftMs: number): string {
  return leftMs < 120_000
    ? `${Math.max(0, Math.round(leftMs / 1000))} s left`
    : `${formatCount(leftMs / 60_000)} min left`;
}

/** A bar for each phase, as long as its share of the run, filled as far as it has come. */
function renderPhases({ phases, elapsedMs, totalMs }: ProgressState, columns: number): string {
  if (columns < 2 * phases.length || totalMs <= 0) return '';
  const room = columns - (phases.length - 1);
  let startMs = 0;
  const bars = phases.map(({ durationMs }) => {
    const size = Math.max(1, Math.floor((durationMs / totalMs) * room));
    const share = durationMs <= 0 ? 1 : Math.max(0, Math.min(1, (elapsedMs - startMs) / durationMs));
    startMs += durationMs;
    const filled = Math.floor(share * size + 1e-9);
    return '█'.repeat(filled) + '░'.repeat(size - filled);
  });
  return bars.join('│');
}

function isLate({ slip: { p99Ms, limitMs } }: ProgressState): boolean {
  return p99Ms !== null && p99Ms > limitMs;
}

/** `0.3 ms ok`, or `40 ms LATE`: then the load worker is the bottleneck, and the numbers are doubtful. */
function describeSlip(state: ProgressState): string {
  const { p99Ms, limitMs } = state.slip;
  if (p99Ms === null) return NOT_AVAILABLE;
  return `${formatMs(p99Ms)} ${isLate(state) ? `LATE (limit ${formatMs(limitMs)})` : 'ok'}`;
}

/** The slowest groups first, as many as there is room for. */
function describeLastSecond({ lastSecond }: ProgressState, columns: number): string {
  if (lastSecond.length === 0) return 'nothing delivered in the last second';
  const groups = [...lastSecond]
    .sort((a, b) => b.p99Ms - a.p99Ms)
    .map(({ group, p50Ms, p99Ms }) => `${plainText(group)} ${formatMs(p50Ms)} / ${formatMs(p99Ms)}`);
  for (let shown = groups.length; shown > 0; shown--) {
    const untold = shown === groups.length ? '' : `  and ${groups.length - shown} more`;
    const text = `p50 / p99  ${groups.slice(0, shown).join('  ')}${untold}`;
    if (displayWidth(text) <= columns || shown === 1) return text;
  }
  return '';
}

function renderQueue(queue: QueueState, { depths }: ProgressState): string {
  const [first, last] = [depths[0], depths.at(-1)];
  const points = depths.map((row) => ({ tMs: row.tMs, value: row.queue[queue.name]?.maxItems ?? 0 }));
  const top = queue.boundItems ?? Math.max(...points.map(({ value }) => value));
  const columns = Math.min(MAX_HISTORY, depths.length);
  const history =
    first === undefined || last === undefined || first.tMs === last.tMs
      ? ''
      : `${renderSparkline(points, { fromMs: first.tMs, toMs: last.tMs, columns }, top)}  `;
  return `${history}${describeFill(queue)}`;
}

function describeFill({ name, items, boundItems }: QueueState): string {
  return `${name} ${formatCount(items)}${boundItems === null ? '' : ` of ${formatCount(boundItems)}`}`;
}

function describeSystem({ now, loopDelayMs }: ProgressState): string {
  const words = [
    `rss ${now === null || now.rssBytes === null ? NOT_AVAILABLE : formatBytes(now.rssBytes)}`,
    `tasks ${now === null || now.tasks === null ? NOT_AVAILABLE : formatCount(now.tasks)}`,
    `loop delay p99 ${formatMs(loopDelayMs)}`,
    `open ${formatCount(now?.connections ?? 0)}`,
  ];
  return words.join('  ');
}
