/** Every scheduling stage, in the order of lists. One line each. */
import type { SchedulingDefinition } from './scheduler.ts';

export const SCHEDULERS = {} as const satisfies Record<string, SchedulingDefinition>;
