import { CONTINUE } from '../verdict.ts';
import type { InterceptAction } from './action.ts';
import { createAnswer } from './answer.ts';

/** Answers in place of the upstream; on a request, the upstream never hears of it. Of an event, invents its data. */
export default {
  name: 'mock',
  summary: 'answer with a body of your own; of an event, put its data in place',
  messageFields: ['status', 'body'],
  eventFields: ['body'],
  requiredEventFields: ['body'],
  decide: (rule) => createAnswer(rule.status ?? 200, rule.body ?? ''),
  decideEvent: (rule) => (rule.body === undefined ? CONTINUE : { kind: 'modify', data: rule.body }),
} satisfies InterceptAction as InterceptAction;
