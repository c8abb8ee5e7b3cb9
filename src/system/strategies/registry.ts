/** Every part that a strategy can be made of, of all stages. */
import { ADMISSIONS } from '../admission/registry.ts';
import { AQMS } from '../aqm/registry.ts';
import { OVERFLOW_POLICIES } from '../overflow/registry.ts';
import { SCHEDULERS } from '../scheduling/registry.ts';
import { SHAPERS } from '../shaping/registry.ts';
import { SLOW_CONSUMER_RULES } from '../slow-consumer/registry.ts';
import { TOPOLOGIES } from '../topology/registry.ts';
import ttl from '../ttl/ttl.ts';
import type { Definition } from './definition.ts';

/** In the order of lists; specimens last within each stage. */
export const DEFINITIONS: readonly Definition[] = [
  OVERFLOW_POLICIES,
  { ttl },
  SHAPERS,
  SCHEDULERS,
  AQMS,
  ADMISSIONS,
  TOPOLOGIES,
  SLOW_CONSUMER_RULES,
].flatMap((registry) => Object.values<Definition>(registry));

const BY_WORD = new Map<string, Definition>();
for (const definition of DEFINITIONS) {
  for (const word of [definition.name, ...(definition.aliases ?? [])]) BY_WORD.set(word, definition);
}

/** The part with this name or alias, or `undefined`. */
export function findDefinition(word: string): Definition | undefined {
  return BY_WORD.get(word);
}

/** Every word that names a part, aliases included. */
export const DEFINITION_WORDS: readonly string[] = [...BY_WORD.keys()];
