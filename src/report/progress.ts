/** A run while it goes on: a small block for a terminal, one line every few seconds for a log. */
import type { BoundaryName } from '../core/boundary.ts';
import { formatCount } from '../core/units.ts';
import { formatClock, formatMs, formatPerSec } from './format.ts';
import { createPaint, type Look, toScreen, usableWidth } from './look.ts';
import { plainText, truncate } from './text.ts';
import type { TimelineRow } from './timeline-row.ts';

export interface ProgressState {
  readonly scenario: string;
  readonly strategy: string;
  /** `null` before the first phase and while the queues drain. */
  readonly phase: { readonly name: string /** From 0. */; readonly index: number } | null;
  readonly phaseCount: number;
  readonly elapsedMs: number;
  /** Of all phases. */
  readonly totalMs: number;
  /** The newest row, and one about a second before it for the rates; `null` while there is none. */
  readonly now: TimelineRow | null;
  readonly before: TimelineRow | null;
  /** Items that one queue may hold; `null` for no bound. */
  readonly boundItems: Readonly<Partial<Record<BoundaryName, number | null>>>;
}

/** Lines of at most `width` columns. */
export function renderLiveBlock(state: ProgressState, look: Look): string[] {
  const paint = createPaint(look.color);
  const width = usableWidth(look);
  const { now } = state;
  const title = [state.scenario, state.strategy].map(plainText).join(' · ');
  const lines = [`${title} · ${describePhase(state)} · ${describeTime(state)}`];
  if (now !== null) {
    const rates = measureRates(state);
    lines.push(
      `  load    offered ${formatPerSec(rates.offered)}   delivered ${formatPerSec(rates.delivered)}   dropped ${formatPerSec(rates.dropped)}`,
      `  queues  ${describeQueues(state) || 'none'}`,
      `  open    ${formatCount(now.connections)} connections   generator late p99 ${formatMs(now.slipP99Ms)}`,
    );
  }
  return lines.map((line, at) => {
    const text = toScreen(truncate(line, width), look);
    return at === 0 ? paint.bold(text) : text;
  });
}

/** One line without colours or cursor codes. */
export function renderPlainLine(state: ProgressState): string {
  const words = [describeTime(state), describePhase(state)];
  const { now } = state;
  if (now !== null) {
    const rates = measureRates(state);
    words.push(
      `offered ${formatPerSec(rates.offered)}`,
      `delivered ${formatPerSec(rates.delivered)}`,
      `dropped ${formatPerSec(rates.dropped)}`,
      `open ${formatCount(now.connections)}`,
      ...[describeQueues(state)].filter((text) => text !== ''),
      `late p99 ${formatMs(now.slipP99Ms)}`,
    );
  }
  return words.join('  ');
}

function describePhase({ phase, phaseCount, now }: ProgressState): string {
  if (phase === null) return now === null ? 'starting' : 'draining';
  return `phase ${phase.index + 1} of ${phaseCount}: ${plainText(phase.name)}`;
}

function describeTime({ elapsedMs, totalMs }: ProgressState): string {
  return `${formatClock(elapsedMs)} of ${formatClock(totalMs)}`;
}

function describeQueues({ now, boundItems }: ProgressState): string {
  const queues = Object.entries(now?.queue ?? {}) as [BoundaryName, { maxItems: number }][];
  return queues
    .map(([name, { maxItems }]) => {
      const bound = boundItems[name] ?? null;
      return `${name} ${formatCount(maxItems)}${bound === null ? '' : `/${formatCount(bound)}`}`;
    })
    .join('   ');
}

interface Rates {
  offered: number | null;
  delivered: number | null;
  dropped: number | null;
}

function measureRates({ now, before }: ProgressState): Rates {
  const seconds = now === null || before === null ? 0 : (now.tMs - before.tMs) / 1000;
  if (now === null || before === null || seconds <= 0)
    return { offered: null, delivered: null, dropped: null };
  const perSec = (later: number, earlier: number): number => Math.max(0, (later - earlier) / seconds);
  return {
    offered: now.offered === null || before.offered === null ? null : perSec(now.offered, before.offered),
    delivered: perSec(now.delivered, before.delivered),
    dropped: perSec(sumDropped(now), sumDropped(before)),
  };
}

function sumDropped(row: TimelineRow): number {
  return Object.values(row.dropped).reduce((sum, count) => sum + count, 0);
}
