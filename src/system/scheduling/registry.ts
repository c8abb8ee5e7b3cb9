/** Every scheduling stage, in the order of lists. One line each. */
import adaptiveLifo from './adaptive-lifo.ts';
import drr from './drr.ts';
import fifo from './fifo.ts';
import fqCodel from './fq-codel.ts';
import lifo from './lifo.ts';
import priorityAging from './priority+aging.ts';
import type { SchedulingDefinition } from './scheduler.ts';
import strictPriority from './strict-priority.ts';

export const SCHEDULERS = {
  fifo,
  'strict-priority': strictPriority,
  'priority+aging': priorityAging,
  drr,
  'fq-codel': fqCodel,
  lifo,
  'adaptive-lifo': adaptiveLifo,
} as const satisfies Record<string, SchedulingDefinition>;
