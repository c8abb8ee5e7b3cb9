import { CONTINUE } from '../verdict.ts';
import type { InterceptAction } from './action.ts';

/** How long somebody may think about it, where the rule does not say. */
const DEFAULT_PAUSE_MS = 30_000;

/** Waits for somebody's release, and goes on by itself when nobody comes. */
export default {
  name: 'pause',
  summary: 'wait for a release, at most `delayMs` (30 s)',
  messageFields: ['delayMs'],
  eventFields: ['delayMs'],
  wait: { defaultMs: DEFAULT_PAUSE_MS, isReleasable: true },
  decide: () => ({ kind: 'continue', delayed: true }),
  decideEvent: () => CONTINUE,
} satisfies InterceptAction as InterceptAction;
