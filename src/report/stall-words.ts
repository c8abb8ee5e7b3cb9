/** Stalls in one line each, however long their cycles are. */
import type { RunRecord, Stall } from '../core/record.ts';
import { formatCount, formatDurationMs } from '../core/units.ts';

const MAX_STALLS_SHOWN = 5;
/** Names of a chain before it is cut. */
const MAX_NAMES_SHOWN = 4;

/** `stalled for 4 s from 2.1 s on: cycle at ws.outbound; reader → writer → reader`. */
export function describeStall(stall: Stall): string {
  const place = stall.boundary === null ? '' : ` at ${stall.boundary}`;
  const names = listNames(stall);
  const chain = names.length < 2 ? '' : `; ${shorten(names).join(' → ')}`;
  return `stalled for ${formatDurationMs(stall.durationMs)} from ${formatDurationMs(stall.startedMs)} on: ${stall.class}${place}${chain}`;
}

/** The first stalls, and how many more there are. */
export function listStalls({ stalls }: Pick<RunRecord, 'stalls'>): string[] {
  const shown = stalls.slice(0, MAX_STALLS_SHOWN).map(describeStall);
  const rest = stalls.length - shown.length;
  return rest === 0 ? shown : [...shown, `and ${formatCount(rest)} more stall${rest === 1 ? '' : 's'}`];
}

/** Who waits for whom, in order: a cycle back to its first, a chain to whom it depends on at last. */
function listNames({ cycle, waitsFor }: Stall): string[] {
  const [first] = cycle;
  if (first !== undefined) return [...cycle, first];
  const last = waitsFor.at(-1)?.freedBy[0];
  return [...waitsFor.map(({ who }) => who), ...(last === undefined ? [] : [last])];
}

function shorten(names: readonly string[]): string[] {
  if (names.length <= MAX_NAMES_SHOWN + 1) return [...names];
  const left = names.length - MAX_NAMES_SHOWN;
  return [...names.slice(0, MAX_NAMES_SHOWN - 1), `${left} more`, ...names.slice(-1)];
}
