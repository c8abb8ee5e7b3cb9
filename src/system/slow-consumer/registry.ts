/** Every slow-consumer rule, in the order of lists. One line each. */
import type { SlowConsumerDefinition } from './rule.ts';

export const SLOW_CONSUMER_RULES = {} as const satisfies Record<string, SlowConsumerDefinition>;
