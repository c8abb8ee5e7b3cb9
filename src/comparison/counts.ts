/** Numbers of things in sentences. */
import { formatCount } from '../core/units.ts';

/** `1 run`, `8 runs`; `one` is the singular of a word that takes an s. */
export function countOf(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** `1 run is too few`, `3 runs are too few`. */
export function areTooFew(runs: number): string {
  return `${countOf(runs, 'run')} ${runs === 1 ? 'is' : 'are'} too few`;
}
