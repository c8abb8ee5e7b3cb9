/** What formulas demand of their arguments: a wrong one is refused, never answered with a plausible number. */

export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) refuse(name, 'a number above 0', value);
}

export function requireNotNegative(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) refuse(name, 'a number, 0 or more', value);
}

export function requireWhole(name: string, value: number, min: number): void {
  if (!(Number.isSafeInteger(value) && value >= min)) refuse(name, `a whole number, ${min} or more`, value);
}

export function requireRatio(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) refuse(name, 'a ratio from 0 to 1', value);
}

/** For formulas that hold only while one rate stays below another. */
export function requireBelow(name: string, value: number, limitName: string, limit: number): void {
  if (!(value < limit)) refuse(name, `less than ${limitName} (${limit})`, value);
}

function refuse(name: string, expected: string, value: number): never {
  throw new RangeError(`${name} must be ${expected}, got ${value}`);
}
