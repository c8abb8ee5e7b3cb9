/** What the functions of this room demand: a wrong argument is refused, never answered with a plausible number. */

/** ±Infinity is a value like any other where only the order counts; NaN never is. */
export function requireNoNaN(name: string, values: readonly number[]): void {
  const index = values.findIndex((value) => Number.isNaN(value));
  if (index >= 0) refuse(`${name}[${index}]`, 'a number', Number.NaN);
}

export function requireFinite(name: string, values: readonly number[]): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) refuse(`${name}[${index}]`, 'a finite number', values[index]);
}

export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) refuse(name, 'a number above 0', value);
}

export function requireNotNegative(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) refuse(name, 'a number, 0 or more', value);
}

export function requireWhole(name: string, value: number, min: number): void {
  if (!(Number.isSafeInteger(value) && value >= min)) refuse(name, `a whole number, ${min} or more`, value);
}

/** A level, a share or a probability that is neither impossible nor certain. */
export function requireBetween0And1(name: string, value: number): void {
  if (!(value > 0 && value < 1)) refuse(name, 'between 0 and 1, without both', value);
}

export function requireProbabilities(name: string, values: readonly number[]): void {
  const index = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (index >= 0) refuse(`${name}[${index}]`, 'a probability from 0 to 1', values[index]);
}

function refuse(name: string, expected: string, value: number | undefined): never {
  throw new RangeError(`${name} must be ${expected}, got ${value}`);
}
