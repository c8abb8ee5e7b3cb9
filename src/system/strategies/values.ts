/** Values of parameters: from what the user typed to base units, and back to the shortest text that reads the same. */
import {
  BYTES_EXPECTED,
  DURATION_EXPECTED,
  parseBytes,
  parseDurationMs,
  parseRatePerSec,
  parseShare,
  RATE_EXPECTED,
  SHARE_EXPECTED,
} from '../../core/units.ts';
import type { ChoiceParam, NumberParam, Param } from './definition.ts';

/** Longer is a slip of the finger: no queue of ours lives for a week. */
const MAX_MS = 7 * 24 * 3_600_000;
const MAX_PER_SEC = 1e9;

type Unit = NumberParam['unit'];

interface UnitWords {
  /** In base units; `undefined` for a text that is none of this unit. */
  readonly read: (text: string) => number | undefined;
  readonly write: (value: number) => string;
  /** The phrase that follows "must be". */
  readonly expected: string;
  readonly isWhole: boolean;
  readonly max: number;
}

const WHOLE: UnitWords = {
  read: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  write: String,
  expected: 'a whole number',
  isWhole: true,
  max: Number.MAX_SAFE_INTEGER,
};

const UNITS: Record<Unit, UnitWords> = {
  items: WHOLE,
  offers: WHOLE,
  count: WHOLE,
  bytes: { ...WHOLE, read: parseBytes, write: writeBytes, expected: BYTES_EXPECTED },
  ms: { read: readMs, write: writeMs, expected: DURATION_EXPECTED, isWhole: false, max: MAX_MS },
  share: { read: parseShare, write: writeShare, expected: SHARE_EXPECTED, isWhole: false, max: 1 },
  perSec: {
    read: parseRatePerSec,
    write: (value) => `${plainDecimal(value)}/s`,
    expected: RATE_EXPECTED,
    isWhole: false,
    max: MAX_PER_SEC,
  },
  number: {
    read: (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined),
    write: plainDecimal,
    expected: 'a number such as 3 or 0.5',
    isWhole: false,
    max: Number.MAX_SAFE_INTEGER,
  },
};

/** The value, or what is wrong with the text as one sentence. */
export function readValue(param: Param, text: string): { value: number | string } | { problem: string } {
  return 'choices' in param ? readChoice(param, text) : readNumber(param, text);
}

/** The shortest text that reads back exactly. */
export function writeValue(param: Param, value: number | string): string {
  return 'choices' in param ? String(value) : UNITS[param.unit].write(Number(value));
}

/** `1 or more`, `1 to 8`, `0 s to 7 days`: what a parameter takes, for help. */
export function describeRange(param: NumberParam): string {
  const { write } = UNITS[param.unit];
  const from = write(param.min);
  if (param.min === param.max) return `always ${from}`;
  if (param.max === undefined) return `${from} or more`;
  return `${from} to ${param.isMaxExcluded ? 'below ' : ''}${write(param.max)}`;
}

function readChoice(param: ChoiceParam, text: string): { value: string } | { problem: string } {
  if (param.choices.includes(text)) return { value: text };
  return { problem: `${param.key} must be ${orList(param.choices)}, got '${text}'` };
}

function readNumber(param: NumberParam, text: string): { value: number } | { problem: string } {
  const unit = UNITS[param.unit];
  const value = unit.read(text);
  const isSound =
    value !== undefined && (unit.isWhole ? Number.isSafeInteger(value) : Number.isFinite(value));
  if (isSound && value >= param.min && value <= (param.max ?? unit.max)) return { value };
  if (param.min === param.max)
    return { problem: `${param.key} is always ${unit.write(param.min)}, got '${text}'` };
  const range = param.max ?? (isSound && value > unit.max ? unit.max : undefined);
  const bounds = describeRange(range === undefined ? param : { ...param, max: range });
  return { problem: `${param.key} must be ${unit.expected}, ${bounds}, got '${text}'` };
}

/** Whole microseconds, free of float dust. */
function readMs(text: string): number | undefined {
  const ms = parseDurationMs(text);
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}

function writeMs(ms: number): string {
  if (ms === 0) return '0s';
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${plainDecimal(ms)}ms`;
}

const BYTE_UNITS: readonly [unit: string, bytes: number][] = [
  ['GiB', 1024 ** 3],
  ['GB', 1e9],
  ['MiB', 1024 ** 2],
  ['MB', 1e6],
  ['KiB', 1024],
  ['KB', 1e3],
];

function writeBytes(bytes: number): string {
  if (bytes === 0) return '0';
  for (const [unit, size] of BYTE_UNITS) if (bytes % size === 0) return `${bytes / size}${unit}`;
  return String(bytes);
}

function writeShare(ratio: number): string {
  const percent = `${plainDecimal(Number((ratio * 100).toPrecision(12)))}%`;
  return parseShare(percent) === ratio ? percent : plainDecimal(ratio);
}

/** All digits, never an exponent, which no reader of ours takes. */
function plainDecimal(value: number): string {
  const [digits = '', exponent] = String(value).split('e');
  if (exponent === undefined) return digits;
  const significant = digits.replace('.', '');
  const shift = Number(exponent);
  if (shift < 0) return `0.${'0'.repeat(-shift - 1)}${significant}`;
  return significant.padEnd(shift + 1, '0');
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
