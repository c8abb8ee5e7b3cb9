/**
 * What people type and read: durations, rates, sizes, shares. Parsers answer `undefined` for a text
 * they do not understand, so that the caller can say where it stood and what was expected.
 */

const DURATION_MS: Record<string, number> = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};
const BYTES: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};
const COUNT: Record<string, number> = { '': 1, k: 1e3, m: 1e6 };

export const DURATION_EXPECTED = 'a duration such as 300ms, 2s, 5m or 1h (a bare number is seconds)';
export const RATE_EXPECTED = 'a rate such as 500, 500/s, 1k/s or 30/min';
export const BYTES_EXPECTED = 'a size such as 512, 64KiB, 1MiB (binary) or 1MB (decimal)';
export const SHARE_EXPECTED = 'a share such as 5% or 0.05';
export const BYTE_RATE_EXPECTED = 'a byte rate such as 20KiB/s or 1MB/s';

/** `'1.5s'` → 1500. Also sums such as `1m30s`. A bare number is seconds. Milliseconds, 0 or more. */
export function parseDurationMs(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1000 : undefined;
  const text = value.trim().toLowerCase();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(us|µs|ms|s|min|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|min|m|h)/g)) {
    totalMs += Number(amount) * (DURATION_MS[unit as string] as number);
  }
  return totalMs;
}

/** `'500/s'`, `'1k'`, `'30/min'`, 500 → events per second, 0 or more. */
export function parseRatePerSec(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  const match = /^(\d+(?:\.\d+)?)(k|m)?(?:\/(s|sec|m|min|h))?$/.exec(value.trim().toLowerCase());
  if (!match) return undefined;
  const perSec = match[3] === 'm' || match[3] === 'min' ? 1 / 60 : match[3] === 'h' ? 1 / 3600 : 1;
  return Number(match[1]) * (COUNT[match[2] ?? ''] as number) * perSec;
}

/** `'64KiB'` → 65536, `'1MB'` → 1000000, 512 → 512. Whole bytes, 0 or more. */
export function parseBytes(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb|kib|mib|gib)?$/.exec(value.trim().toLowerCase());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * (BYTES[match[2] ?? 'b'] as number));
}

/** `'20KiB/s'` or a number → bytes per second, 0 or more. */
export function parseByteRate(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  const match = /^(.*?)\/s(ec)?$/.exec(value.trim().toLowerCase());
  return parseBytes(match ? (match[1] as string) : value);
}

/** `'5%'` → 0.05, 0.05 → 0.05. A ratio in [0, 1]. */
export function parseShare(value: string | number): number | undefined {
  const ratio =
    typeof value === 'number'
      ? value
      : /^\d+(\.\d+)?%$/.test(value.trim())
        ? Number.parseFloat(value) / 100
        : /^\d*\.?\d+$/.test(value.trim())
          ? Number(value)
          : Number.NaN;
  return ratio >= 0 && ratio <= 1 ? ratio : undefined;
}

/** 0.0123 → `'12 µs'`, 9.44 → `'9.4 ms'`, 2000 → `'2 s'`: about three figures and always a unit. */
export function formatDurationMs(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'never';
  if (ms < 1) return `${trimNumber(ms * 1000, 3)} µs`;
  if (ms < 1000) return `${trimNumber(ms, ms < 10 ? 2 : 3)} ms`;
  if (ms < 120_000) return `${trimNumber(ms / 1000, 3)} s`;
  if (ms < 7_200_000) return `${trimNumber(ms / 60_000, 3)} min`;
  return `${trimNumber(ms / 3_600_000, 3)} h`;
}

/** 1572864 → `'1.5 MiB'`. Binary units, about three figures. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${bytes < 0 ? '-' : ''}${trimNumber(value, 3)} ${units[unit]}`;
}

/** 81200 → `'81,200'`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.0123 → `'1.23 %'`. A loss that is not zero never prints as zero. */
export function formatShare(ratio: number): string {
  if (ratio > 0 && ratio < 0.0001) return '<0.01 %';
  return `${trimNumber(ratio * 100, 3)} %`;
}

/** 500 → `'500/s'`. */
export function formatRate(perSec: number): string {
  return `${perSec >= 1000 ? formatCount(perSec) : trimNumber(perSec, 3)}/s`;
}

/** At most `figures` significant figures, never fewer than the whole part, no trailing zeros. */
function trimNumber(value: number, figures: number): string {
  if (value === 0) return '0';
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  const decimals = Math.max(0, figures - Math.max(whole, 0));
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
