/** Every active queue management, in the order of lists. One line each. */
import type { AqmDefinition } from './aqm.ts';

export const AQMS = {} as const satisfies Record<string, AqmDefinition>;
