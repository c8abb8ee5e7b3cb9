/** Every overflow policy, in the order of lists: one line each, specimens last. */
import ironstarDropOldest from './as-written/ironstar-drop-oldest.ts';
import block from './block.ts';
import dropNewest from './drop-newest.ts';
import dropOldest from './drop-oldest.ts';
import type { OverflowPolicy } from './policy.ts';
import unbounded from './unbounded.ts';

export const OVERFLOW_POLICIES = {
  block,
  'drop-oldest': dropOldest,
  'drop-newest': dropNewest,
  unbounded,
  'as-written/ironstar-drop-oldest': ironstarDropOldest,
} as const satisfies Record<string, OverflowPolicy>;

const BY_NAME = new Map<string, OverflowPolicy>();
for (const policy of Object.values(OVERFLOW_POLICIES)) {
  for (const name of [policy.name, ...(policy.aliases ?? [])]) BY_NAME.set(name, policy);
}

/** The policy with this name or alias, or `undefined`. */
export function findOverflowPolicy(name: string): OverflowPolicy | undefined {
  return BY_NAME.get(name);
}

/** Every word that names a policy, aliases included. */
export const OVERFLOW_POLICY_WORDS: readonly string[] = [...BY_NAME.keys()];
