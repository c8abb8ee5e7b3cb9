import { CONTINUE } from '../verdict.ts';
import type { InterceptAction } from './action.ts';

/** Goes on unchanged; as a rule before others it takes out what they would match. */
export default {
  name: 'continue',
  summary: 'go on unchanged',
  messageFields: [],
  eventFields: [],
  decide: () => CONTINUE,
  decideEvent: () => CONTINUE,
} satisfies InterceptAction as InterceptAction;
