import type { InterceptAction } from './action.ts';
import { createAnswer } from './answer.ts';

/** Stops a request or an answer: the client is told so. An event is left out of its stream. */
export default {
  name: 'block',
  summary: 'answer 403 instead; of an event, leave it out',
  messageFields: ['status'],
  eventFields: [],
  decide: (rule) => createAnswer(rule.status ?? 403, 'blocked by an interceptor\n'),
  decideEvent: () => ({ kind: 'block' }),
} satisfies InterceptAction as InterceptAction;
