import { CONTINUE } from '../verdict.ts';
import type { InterceptAction } from './action.ts';

/** Goes on after a while. An event that is delayed holds up those behind it: order is kept. */
export default {
  name: 'delay',
  summary: 'go on after `delayMs`',
  messageFields: ['delayMs'],
  eventFields: ['delayMs'],
  requiredFields: ['delayMs'],
  requiredEventFields: ['delayMs'],
  wait: { defaultMs: 0, isReleasable: false },
  decide: () => ({ kind: 'continue', delayed: true }),
  decideEvent: () => CONTINUE,
} satisfies InterceptAction as InterceptAction;
