/**
 * The building blocks of the scenario schema: values with units. Every message of a field is the
 * phrase that follows the word "expected"; `validate.ts` adds what came, unless {@link WHOLE_MESSAGE}
 * says that the message stands for itself.
 */
import { isIPv6 } from 'node:net';
import * as z from 'zod';
import type { Arrivals } from '../core/plan.ts';
import {
  BYTE_RATE_EXPECTED,
  BYTES_EXPECTED,
  DURATION_EXPECTED,
  parseByteRate,
  parseBytes,
  parseDurationMs,
  parseRatePerSec,
  parseShare,
  RATE_EXPECTED,
  SHARE_EXPECTED,
} from '../core/units.ts';

/** More than one load worker can play, by far: a slip of the finger, not a plan. */
export const MAX_RATE_PER_SEC = 1_000_000;
export const MAX_BURST_ITEMS = 1_000_000;
export const MAX_CONNECTIONS = 100_000;
export const MAX_DURATION_MS = 7 * 24 * 3_600_000;
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** An event carries its own number and stamps; below this the stated size would be a lie. */
export const MIN_EVENT_BYTES = 96;

/** `params` of an issue whose message is a sentence: of something that is not there, there is nothing to quote. */
export const WHOLE_MESSAGE = { isWhole: true } as const;

/** Letters, digits, spaces, `-` and `_`: safe in paths of `--set`, arguments of checks and tables. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,59}$/u;
export const NAME_EXPECTED = 'a name of letters, digits, spaces, - and _ (at most 60, not only digits)';

interface Range {
  readonly min: number;
  readonly max: number;
  /** The phrase for a value that is understood and out of range. */
  readonly expected: string;
}

/** As an author writes it: 30000 → `'30s'`. */
export function writeDuration(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms > 0 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** As an author writes it: 65536 → `'64KiB'`. */
export function writeBytes(bytes: number): string {
  if (bytes > 0 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}MiB`;
  return bytes > 0 && bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`;
}

/** A number or a text with a unit, turned into a number of base units. */
function quantity(
  parse: (value: string | number) => number | undefined,
  expected: string,
  range: Range,
  word?: Readonly<Record<string, null>>,
) {
  return z.union([z.string(), z.number()], { error: expected }).transform((value, context) => {
    if (word !== undefined && typeof value === 'string' && Object.hasOwn(word, value)) return null;
    const parsed = parse(value);
    if (parsed !== undefined && parsed >= range.min && parsed <= range.max) return parsed;
    const message = parsed === undefined ? expected : range.expected;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

/** As {@link quantity}, where no word stands for `null`. */
function number(
  parse: (value: string | number) => number | undefined,
  expected: string,
  range: Range,
): z.ZodType<number, string | number> {
  return quantity(parse, expected, range) as unknown as z.ZodType<number, string | number>;
}

const toDurationMs = (value: string | number): number | undefined => {
  const ms = parseDurationMs(value);
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000; // whole µs, free of float dust
};

/** Milliseconds, from `minMs`. */
export const duration = (minMs = 0) =>
  number(toDurationMs, DURATION_EXPECTED, {
    min: minMs,
    max: MAX_DURATION_MS,
    expected: `a duration from ${minMs}ms to 7 days (168h)`,
  });

const LIMIT_EXPECTED = `${DURATION_EXPECTED}, or none`;

/** Milliseconds from 1, or `null` for `none`. */
export const timeLimit = () =>
  z
    .null()
    .or(
      quantity(
        toDurationMs,
        LIMIT_EXPECTED,
        { min: 1, max: MAX_DURATION_MS, expected: 'a duration from 1ms to 7 days (168h), or none' },
        { none: null },
      ),
    );

export const size = (minBytes = 0, maxBytes = MAX_BODY_BYTES) =>
  number(parseBytes, BYTES_EXPECTED, {
    min: minBytes,
    max: maxBytes,
    expected: `a size from ${minBytes} B to ${writeBytes(maxBytes)}`,
  });

const MEMORY_EXPECTED = `${BYTES_EXPECTED}, or none`;

/** Bytes, or `null` for `none`. */
export const memoryLimit = () =>
  z
    .null()
    .or(
      quantity(
        parseBytes,
        MEMORY_EXPECTED,
        { min: 1, max: Number.MAX_SAFE_INTEGER, expected: `${MEMORY_EXPECTED}; above 0` },
        { none: null },
      ),
    );

export const share = () => number(parseShare, SHARE_EXPECTED, { min: 0, max: 1, expected: SHARE_EXPECTED });

const READ_EXPECTED = `${BYTE_RATE_EXPECTED}, full, or 0 for a client that never reads`;

/** Bytes per second, `null` for `full`, 0 for never. */
export const readingPace = () =>
  quantity(parseByteRate, READ_EXPECTED, { min: 0, max: 1e12, expected: READ_EXPECTED }, { full: null });

const HOST_EXPECTED = 'a host such as api.example.com or 192.168.1.7, without scheme, port and brackets';
const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/;

/** A name or an address, in lower case. */
export const host = () =>
  z
    .string({ error: HOST_EXPECTED })
    .transform((text) => text.toLowerCase())
    .refine((text) => HOST_NAME.test(text) || isIPv6(text), { error: HOST_EXPECTED });

export const yesOrNo = () => z.boolean({ error: 'true or false' });

/** A whole number without unit. */
export const count = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return z.number({ error: expected }).int({ error: expected }).min(min, { error: expected }).max(max, {
    error: expected,
  });
};

/** A whole number, or `null` for `none`. */
export const countLimit = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}, or none`;
  const parse = (value: string | number) =>
    typeof value === 'number' && Number.isInteger(value) ? value : undefined;
  return z.null().or(quantity(parse, expected, { min, max, expected }, { none: null }));
};

export const name = () =>
  z
    .string({ error: NAME_EXPECTED })
    .refine((text) => NAME.test(text) && !/^\d+$/.test(text) && !(text in {}), { error: NAME_EXPECTED });

export type ArrivalModel = 'poisson' | 'constant';

/** Arrivals as written: the model may still follow from the client group. */
export type ArrivalsSpec =
  | 'none'
  | { readonly model: ArrivalModel | null; readonly fromPerSec: number; readonly toPerSec: number }
  | Extract<Arrivals, { model: 'burst' }>;

const ARRIVALS_EXPECTED = `${RATE_EXPECTED}, none, {rate: 100/s, to: 500/s, arrivals: poisson} or {burst: 500, every: 1s}`;
const ABOVE_ZERO = `a rate above 0 and at most ${MAX_RATE_PER_SEC}/s, or none`;

const ramped = () =>
  number(parseRatePerSec, RATE_EXPECTED, {
    min: 0,
    max: MAX_RATE_PER_SEC,
    expected: `a rate of at most ${MAX_RATE_PER_SEC}/s`,
  });

export const ARRIVAL_MODELS = ['poisson', 'constant'] as const;

const arrivalsObject = z
  .strictObject({
    rate: ramped().optional().describe('Arrivals per second of the whole group, at the start of the phase.'),
    to: ramped().optional().describe('Arrivals per second at the end of the phase: a linear ramp.'),
    arrivals: z
      .enum(ARRIVAL_MODELS)
      .optional()
      .describe('Random (poisson, the default) or evenly spaced (constant).'),
    burst: count(1, MAX_BURST_ITEMS).optional().describe('That many at once at the start of the phase.'),
    every: duration(1).optional().describe('Time from one burst to the next; without it there is one burst.'),
  })
  .transform((spec, context): ArrivalsSpec => {
    const refuse = (message: string): never => {
      context.issues.push({ code: 'custom', message, input: spec });
      return z.NEVER;
    };
    if (spec.burst !== undefined) {
      if (spec.rate !== undefined || spec.to !== undefined || spec.arrivals !== undefined) {
        return refuse('either a rate (rate, to, arrivals) or a burst (burst, every), not both');
      }
      return { model: 'burst', count: spec.burst, everyMs: spec.every ?? null };
    }
    if (spec.rate === undefined) return refuse('rate: 100/s or burst: 500 in this map');
    if (spec.every !== undefined) return refuse('every only beside burst');
    const toPerSec = spec.to ?? spec.rate;
    if (spec.rate === 0 && toPerSec === 0) return refuse(ABOVE_ZERO);
    return { model: spec.arrivals ?? null, fromPerSec: spec.rate, toPerSec };
  });

/** When work is due: a rate, `none`, a ramp or a burst. */
export const arrivals = () =>
  z.union(
    [
      z.null().transform((): ArrivalsSpec => 'none'),
      z.union([z.string(), z.number()]).transform((value, context): ArrivalsSpec => {
        if (value === 'none') return 'none';
        const perSec = parseRatePerSec(value);
        if (perSec !== undefined && perSec > 0 && perSec <= MAX_RATE_PER_SEC) {
          return { model: null, fromPerSec: perSec, toPerSec: perSec };
        }
        context.issues.push({
          code: 'custom',
          message: perSec === undefined ? ARRIVALS_EXPECTED : ABOVE_ZERO,
          input: value,
        });
        return z.NEVER;
      }),
      arrivalsObject,
    ],
    { error: ARRIVALS_EXPECTED },
  );
