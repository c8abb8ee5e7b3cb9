/** Numbers as people read them; what is absent never reads as 0. */
import type { LedgerSnapshot, ReasonCounts } from '../core/ledger.ts';
import { formatBytes, formatCount, formatDurationMs, formatRate, formatShare } from '../core/units.ts';
import { plainText } from './text.ts';

/** In a sentence. */
export const NOT_AVAILABLE = 'n/a';
/** In a table. */
export const NO_VALUE = '–';

type Absent = null | undefined;

/** Milliseconds; `'inf'` is work that was never served. */
export function formatMs(ms: number | 'inf' | Absent, absent = NOT_AVAILABLE): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return absent;
  if (ms === 0) return '0 ms';
  return formatDurationMs(ms === 'inf' ? Number.POSITIVE_INFINITY : ms);
}

export function formatSize(bytes: number | Absent, absent = NOT_AVAILABLE): string {
  return bytes === null || bytes === undefined || !Number.isFinite(bytes) ? absent : formatBytes(bytes);
}

export function formatNumber(count: number | Absent, absent = NOT_AVAILABLE): string {
  if (count === null || count === undefined || Number.isNaN(count)) return absent;
  return Number.isFinite(count) ? formatCount(count) : 'unlimited';
}

/** A value in the unit that the record names: `ms`, `bytes`, `ratio`, `count`, `perMin`, or any other word after it. */
export function formatValue(value: number | Absent, unit: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NOT_AVAILABLE;
  if (unit === 'ms') return formatMs(value);
  if (!Number.isFinite(value)) return 'never';
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'ratio') return formatShare(value);
  const number =
    Number.isInteger(value) || Math.abs(value) >= 1000 ? formatCount(value) : threeFigures(value);
  if (unit === 'perMin') return `${number}/min`;
  return unit === 'count' || unit === '' ? number : `${number} ${plainText(unit)}`;
}

/** `overflow.drop-oldest 5,170, shutdown 2`, the largest first; empty without a count. */
export function formatReasons(counts: ReasonCounts): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${plainText(reason)} ${formatCount(count)}`)
    .join(', ');
}

/** 61 s → `01:01`, two hours → `2:00:00`. Whole seconds, rounded down. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(seconds % 60)}`;
}

export function formatPerSec(perSec: number | Absent): string {
  return perSec === null || perSec === undefined || !Number.isFinite(perSec)
    ? NOT_AVAILABLE
    : formatRate(perSec);
}

/** Copies that the ledger left in a transient column. */
export function countUnfinished(ledger: LedgerSnapshot): number {
  return ledger.queued + ledger.inFlight + ledger.blocked + ledger.spilled;
}

function threeFigures(value: number): string {
  return String(Number(value.toPrecision(3)));
}
