/** Every overflow policy, in the order of lists: one line each, specimens last. */
import ironstarDropOldest from './as-written/ironstar-drop-oldest.ts';
import ironstarUnbounded from './as-written/ironstar-unbounded.ts';
import shadowcatPendingError from './as-written/shadowcat-pending-error.ts';
import termtapDropTerminal from './as-written/termtap-drop-terminal.ts';
import block from './block.ts';
import coalesce from './coalesce.ts';
import dropNewest from './drop-newest.ts';
import dropOldest from './drop-oldest.ts';
import evictAll from './evict-all.ts';
import evictLongest from './evict-longest.ts';
import evictLowestPriority from './evict-lowest-priority.ts';
import evictNewest from './evict-newest.ts';
import fail from './fail.ts';
import latest from './latest.ts';
import merge from './merge.ts';
import type { OverflowPolicy } from './policy.ts';
import reserve from './reserve.ts';
import spill from './spill.ts';
import timeout from './timeout.ts';
import unbounded from './unbounded.ts';

export const OVERFLOW_POLICIES = {
  block,
  timeout,
  'drop-oldest': dropOldest,
  'drop-newest': dropNewest,
  'evict-newest': evictNewest,
  'evict-all': evictAll,
  latest,
  coalesce,
  merge,
  'evict-lowest-priority': evictLowestPriority,
  reserve,
  'evict-longest': evictLongest,
  spill,
  fail,
  unbounded,
  'as-written/ironstar-drop-oldest': ironstarDropOldest,
  'as-written/ironstar-unbounded': ironstarUnbounded,
  'as-written/shadowcat-pending-error': shadowcatPendingError,
  'as-written/termtap-drop-terminal': termtapDropTerminal,
} as const satisfies Record<string, OverflowPolicy>;

const BY_NAME = new Map<string, OverflowPolicy>();
for (const policy of Object.values(OVERFLOW_POLICIES)) {
  for (const name of [policy.name, ...(policy.aliases ?? [])]) BY_NAME.set(name, policy);
}

/** The policy with this name or alias, or `undefined`. */
export function findOverflowPolicy(name: string): OverflowPolicy | undefined {
  return BY_NAME.get(name);
}
