/** Numbers of charts as people read them: three figures and a unit. */
import { formatBytes, formatCount, formatDurationMs } from '../../core/units.ts';
import { NO_VALUE } from '../format.ts';
import type { Unit } from './chart.ts';

/** `1.25 s`, `64`, `5,000/s`, `1.2 %`; `∞` for what never came, `–` for what nobody knows. */
export function formatNumber(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NO_VALUE;
  const sign = value < 0 ? '−' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return `${sign}∞`;
  switch (unit) {
    case 'ms':
      return size === 0 ? '0 ms' : `${sign}${formatDurationMs(size)}`;
    case 'bytes':
      return `${sign}${formatBytes(size)}`;
    case 'share':
      return `${sign}${threeFigures(size * 100)} %`;
    case 'perSec':
      return `${sign}${threeFigures(size)}/s`;
    case 'margins':
      return `${sign}${threeFigures(size)}δ`;
    case 'date':
      return formatDate(value);
    case 'items':
    case 'count':
    case 'none':
      return sign + threeFigures(size);
  }
}

/** 1234.5 → `1,230`, 0.01234 → `0.0123`; beyond millions with `M`, `G`. */
function threeFigures(value: number): string {
  if (value === 0) return '0';
  if (value === Number.POSITIVE_INFINITY) return '∞';
  if (value >= 1e15 || value < 1e-4) return value.toExponential(1);
  if (value >= 1e10) return `${trim(value / 1e9)} G`;
  if (value >= 1e7) return `${trim(value / 1e6)} M`;
  return value >= 1000 ? formatCount(Number(value.toPrecision(3))) : trim(value);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `2026-11-21`, in UTC; dates beyond what a calendar knows are no dates. */
function formatDate(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? NO_VALUE : date.toISOString().slice(0, 10);
}

/** A moment of a run as it stands in a sentence: `31.2 s`, from two minutes on `02:30`. */
export function formatMoment(ms: number): string {
  if (!Number.isFinite(ms)) return NO_VALUE;
  if (Math.abs(ms) < 120_000) return `${trim(ms / 1000)} s`;
  const seconds = Math.round(Math.abs(ms) / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${ms < 0 ? '−' : ''}${hours > 0 ? `${hours}:` : ''}${clock}`;
}
