/** Numbers in columns: one unit for all of them, which stands in the header, and three significant digits. */

/** What a column counts; `any` is a number as it is. */
export type Quantity = 'ms' | 'bytes' | 'count' | 'share' | 'perSec' | 'any';

export type QuantityValue = number | 'inf' | null | undefined;

interface Unit {
  readonly word: string;
  /** The size of one, in the quantity's base unit. */
  readonly size: number;
}

const UNITS: Record<Quantity, readonly Unit[]> = {
  ms: [
    { word: 'µs', size: 0.001 },
    { word: 'ms', size: 1 },
    { word: 's', size: 1000 },
    { word: 'min', size: 60_000 },
  ],
  bytes: [
    { word: 'B', size: 1 },
    { word: 'KiB', size: 1024 },
    { word: 'MiB', size: 1024 ** 2 },
    { word: 'GiB', size: 1024 ** 3 },
  ],
  share: [{ word: '%', size: 0.01 }],
  perSec: [{ word: '1/s', size: 1 }],
  count: [{ word: '', size: 1 }],
  any: [{ word: '', size: 1 }],
};

/** Above this many of a unit the next larger one reads better; beside smaller values later than alone. */
const MAX_OF_UNIT = 10_000;
const MAX_ALONE = 1000;
/** Beside larger values more of them say nothing. */
const MAX_DECIMALS = 3;
/** What was never served, and what nobody could tell. */
export const NEVER = 'never';
export const ABSENT = '–';

export interface QuantityColumn {
  /** Empty where numbers have none. */
  readonly unit: string;
  readonly cells: readonly string[];
}

/** One unit for all values, by the largest of them. `inf` reads as `never`, what is absent as a dash and not as 0. */
export function formatColumn(values: readonly QuantityValue[], quantity: Quantity): QuantityColumn {
  const sizes = values.flatMap((value) =>
    typeof value === 'number' && Number.isFinite(value) ? [Math.abs(value)] : [],
  );
  const largest = Math.max(0, ...sizes);
  const unit = chooseUnit(largest, quantity, values.length > 1 ? MAX_OF_UNIT : MAX_ALONE);
  const decimals = values.length > 1 && largest >= unit.size ? MAX_DECIMALS : undefined;
  return { unit: unit.word, cells: values.map((value) => formatIn(value, unit, quantity, decimals)) };
}

/** One value with its unit: `38.7 ms`, `1.5 MiB`, `12`. */
export function formatQuantity(value: QuantityValue, quantity: Quantity): string {
  const { unit, cells } = formatColumn([value], quantity);
  const [cell = ABSENT] = cells;
  return unit === '' || cell === ABSENT || cell === NEVER ? cell : `${cell}\u00a0${unit}`;
}

/** The unit of a record's check or prediction as a quantity and a word to set after the number. */
export function quantityOf(unit: string): { quantity: Quantity; word: string } {
  if (unit === 'ms' || unit === 'bytes') return { quantity: unit, word: '' };
  if (unit === 'ratio' || unit === 'share') return { quantity: 'share', word: '' };
  if (unit === '1/s') return { quantity: 'perSec', word: '' };
  if (unit === 'perMin') return { quantity: 'any', word: '1/min' };
  return { quantity: 'any', word: unit === 'count' || unit === 'items' ? '' : unit };
}

/** `1,234`, `38.7`, `0.0123`: three significant digits, and every digit of the whole part. */
export function threeDigits(value: number, maxDecimals = 7): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const least = 10 ** -Math.min(4, maxDecimals);
  if (size < least) return `${value < 0 ? '>−' : '<'}${least}`;
  const wholeDigits = size < 1 ? 0 : Math.floor(Math.log10(size)) + 1;
  const leadingZeros = size < 1 ? -Math.floor(Math.log10(size)) - 1 : 0;
  const text = size.toFixed(Math.min(maxDecimals, Math.max(0, 3 - wholeDigits + leadingZeros)));
  const [whole = '', fraction = ''] = text.split('.');
  const decimals = fraction.replace(/0+$/, '');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '−' : ''}${grouped}${decimals === '' ? '' : `.${decimals}`}`;
}

function chooseUnit(largest: number, quantity: Quantity, max: number): Unit {
  const units = UNITS[quantity];
  const first = units[0] as Unit;
  if (largest === 0) return quantity === 'ms' ? (units[1] as Unit) : first;
  const limit = quantity === 'bytes' ? MAX_ALONE : max;
  // Microseconds only where everything is below a millisecond: 0.4 ms beside 12 ms reads better than 400 µs.
  const fits = (unit: Unit): boolean => largest < (unit.word === 'µs' ? 1 : limit * unit.size);
  return units.find(fits) ?? (units.at(-1) as Unit);
}

function formatIn(value: QuantityValue, unit: Unit, quantity: Quantity, maxDecimals?: number): string {
  if (value === 'inf' || value === Number.POSITIVE_INFINITY) return NEVER;
  if (value === null || value === undefined || !Number.isFinite(value)) return ABSENT;
  if (quantity === 'count') return threeDigitsOrWhole(value);
  return threeDigits(value / unit.size, maxDecimals);
}

/** Counts are exact: a ledger that is rounded cannot be checked. */
function threeDigitsOrWhole(value: number): string {
  return Number.isInteger(value)
    ? `${value < 0 ? '−' : ''}${Math.abs(value)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, ',')}`
    : threeDigits(value);
}
