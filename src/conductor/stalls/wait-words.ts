/** Waits in plain words, short however many there are. */
import type { Stall } from '../../core/record.ts';
import type { WaitSample } from '../../core/samples.ts';

/** A record need not hold a thousand connections that wait for the same thing. */
const MAX_WAITS_KEPT = 20;
/** Links of a chain that a sentence names. */
const MAX_LINKS_NAMED = 4;

export function toWaitsFor(waits: readonly WaitSample[]): Stall['waitsFor'] {
  return waits.slice(0, MAX_WAITS_KEPT).map(({ who, what, freedBy, ageMs }) => ({
    who,
    what,
    freedBy: [...freedBy],
    ageMs: Math.round(ageMs),
  }));
}

/** `a waits for x, which b frees; b waits for y, which a frees`. */
export function describeWaits(waits: readonly WaitSample[]): string {
  const named = waits.slice(0, MAX_LINKS_NAMED).map(describeWait);
  const rest = waits.length - named.length;
  return rest === 0 ? named.join('; ') : `${named.join('; ')}; and so on over ${rest} more`;
}

function describeWait({ who, what, freedBy }: WaitSample): string {
  if (freedBy.length === 0) return `${who} waits for ${what}`;
  const helpers =
    freedBy.length <= 2 ? freedBy.join(' or ') : `${freedBy[0]} or one of ${freedBy.length - 1} others`;
  return `${who} waits for ${what}, which depends on ${helpers}`;
}
