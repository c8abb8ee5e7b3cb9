import { requireNoNaN } from './arguments.ts';

/**
 * Cliff 1993: the share of pairs with `b` above `a` less the share with `b` below, from −1 to 1; 0 where neither tends
 * to be larger. `null` where a sample is empty. ±Infinity is a value like any other; NaN is a RangeError.
 */
export function cliffsDelta(a: readonly number[], b: readonly number[]): number | null {
  requireNoNaN('a', a);
  requireNoNaN('b', b);
  if (a.length === 0 || b.length === 0) return null;
  let balance = 0;
  for (const one of a) {
    for (const other of b) balance += Number(other > one) - Number(other < one);
  }
  return balance / (a.length * b.length);
}
