/** Every shaping stage, in the order of lists. One line each. */
import type { ShapingDefinition } from './shaper.ts';

export const SHAPERS = {} as const satisfies Record<string, ShapingDefinition>;
