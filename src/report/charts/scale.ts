/** From the values of an axis to the part of its length, and the values that are worth a label. */
import type { Axis } from './chart.ts';
import { formatMoment, formatNumber } from './number-text.ts';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Scale {
  /** 0 at the axis' `min`, 1 at its `max`; never outside. */
  position(value: number): number;
  /** Rising, all inside the axis. */
  readonly ticks: readonly Tick[];
}

/** `maxTicks`: how many labels have room, at least 2. An axis without extent is given one. */
export function createScale(axis: Axis, maxTicks: number): Scale {
  const { min, max } = usableDomain(axis);
  const isLog = axis.scale === 'log';
  const from = isLog ? Math.log10(min) : min;
  const extent = (isLog ? Math.log10(max) : max) - from;
  const position = (value: number): number => {
    const at = isLog ? Math.log10(Math.max(value, min)) : value;
    const part = (at - from) / extent;
    // Two huge numbers can have an infinite distance; NaN must not reach the picture.
    return Number.isNaN(part) ? 0 : Math.min(1, Math.max(0, part));
  };
  const room = Math.max(2, Math.floor(maxTicks));
  const ticks = findTicks(axis, min, max, room).filter(
    // Steps that three figures cannot tell apart are one label.
    ({ value, label }, at, all) =>
      value >= min && value <= max && (axis.scale === 'category' || label !== all[at - 1]?.label),
  );
  return { position, ticks };
}

function findTicks(axis: Axis, min: number, max: number, room: number): readonly Tick[] {
  const { unit } = axis;
  switch (axis.scale) {
    case 'time':
      return multiplesOf(timeStep((max - min) / room), min, max).map((value) => ({
        value,
        label: value === 0 ? '0' : formatMoment(value),
      }));
    case 'percentile':
      return PERCENTILES;
    case 'category':
      return (axis.categories ?? []).map((label, value) => ({ value, label }));
    case 'log':
      return logTicks(min, max, room).map((value) => ({ value, label: formatNumber(value, unit) }));
    case 'linear': {
      const step = niceStep((max - min) / room, unit === 'bytes' ? binaryUnit(max) : 1);
      const isWhole = unit === 'items' || unit === 'count';
      return multiplesOf(isWhole ? Math.max(1, step) : step, min, max).map((value) => ({
        value,
        label: value === 0 ? '0' : formatNumber(value, unit),
      }));
    }
  }
}

/** 1, 2 or 5 times a power of ten, the smallest that is at least `least`; in multiples of `unit`. */
function niceStep(least: number, unit: number): number {
  const size = least / unit;
  if (!(size > 0) || !Number.isFinite(size)) return unit;
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= size * (1 - 1e-9)) ?? 10;
  return factor * power * unit;
}

/** The unit of bytes in which `max` is a number from 1 to 1024. */
function binaryUnit(max: number): number {
  const power = Math.floor(Math.log2(Math.max(1, max)) / 10);
  return 1024 ** Math.min(power, 4);
}

const TIME_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

function timeStep(leastMs: number): number {
  if (leastMs <= 500) return niceStep(leastMs, 1);
  const step = TIME_STEPS_S.find((seconds) => seconds * 1000 >= leastMs);
  return step === undefined ? niceStep(leastMs, 86_400_000) : step * 1000;
}

/** More never fit. */
const MAX_TICKS = 100;

function multiplesOf(step: number, min: number, max: number): number[] {
  const values: number[] = [];
  const first = Math.ceil(min / step - 1e-9);
  // Counted by itself: beyond 2^53 a multiple and the next are the same number.
  for (let count = 0; count < MAX_TICKS; count++) {
    const value = Number(((first + count) * step).toPrecision(12));
    if (!(value <= max)) break;
    if (value !== values.at(-1)) values.push(value === 0 ? 0 : value);
  }
  return values;
}

/** Powers of ten, 1, 2 and 5 of each where there is room, every second or third power where there is little. */
function logTicks(min: number, max: number, room: number): number[] {
  const [first, last] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const list = (factors: readonly number[], stride: number): number[] => {
    const values: number[] = [];
    for (let power = first; power <= last; power += stride)
      for (const factor of factors) values.push(Number(`${factor}e${power}`));
    return values.filter((value) => value >= min && value <= max);
  };
  const finest = [[1, 2, 5], [1, 3], [1]]
    .map((factors) => list(factors, 1))
    .find(({ length }) => length <= room);
  return finest ?? list([1], Math.ceil((last - first + 1) / room));
}

/** The value of the percentile axis at which a share of `p` is below: log10(1/(1-p)). */
export function percentilePosition(p: number): number {
  return -Math.log10(1 - p);
}

const PERCENTILES: readonly Tick[] = [
  { value: 0, label: '0 %' },
  { value: percentilePosition(0.5), label: '50 %' },
  { value: 1, label: '90 %' },
  { value: 2, label: '99 %' },
  { value: 3, label: '99.9 %' },
  { value: 4, label: '99.99 %' },
  { value: 5, label: '99.999 %' },
  { value: 6, label: '99.9999 %' },
  { value: 7, label: '99.99999 %' },
];

const TINY = 1e-12;

/** Beyond it a sum or a product of two numbers could become infinite. */
const LIMIT = 1e290;

function within(value: number): number {
  return Math.min(LIMIT, Math.max(-LIMIT, value));
}

function usableDomain(axis: Axis): { min: number; max: number } {
  const [min, max, scale] = [within(axis.min), within(axis.max), axis.scale];
  const isSound = Number.isFinite(axis.min) && Number.isFinite(axis.max);
  if (scale === 'log') {
    const top = Number.isFinite(axis.max) && max > TINY ? max : 10;
    const bottom = isSound && min > 0 && min < top ? min : top / 10;
    return { min: bottom, max: top };
  }
  if (!isSound) return { min: 0, max: 1 };
  if (max - min > Math.max(TINY, Math.abs(max) * TINY)) return { min, max };
  const half = Math.max(0.5, Math.abs(min) * 1e-6);
  return { min: min - half, max: min + half };
}

/** From 0 to a little above the largest; only what is finite counts. */
export function linearDomain(values: Iterable<number | null>): { min: number; max: number } {
  let min = 0;
  let max = 0;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    min = Math.min(min, within(value));
    max = Math.max(max, within(value));
  }
  if (min === 0 && max === 0) return { min: 0, max: 1 };
  const room = (max - min) * 0.04;
  return { min: min < 0 ? min - room : 0, max: max + room };
}

/** What is above 0, from the next lower to the next higher of 1, 2 and 5; at least a factor of ten. */
export function logDomain(values: Iterable<number | null>): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const value of values) {
    if (value === null || !Number.isFinite(value) || value <= 0) continue;
    min = Math.min(min, within(value));
    max = Math.max(max, within(value));
  }
  if (max === 0) return { min: 1, max: 10 };
  const low = Math.max(niceStep(min * 0.4, 1), 1e-9);
  const high = Math.max(niceStep(max, 1), low * 10);
  return { min: Math.min(low, min), max: high };
}
