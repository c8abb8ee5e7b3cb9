import { CONTINUE } from '../verdict.ts';
import type { InterceptAction } from './action.ts';

/** Sets and takes out header fields and puts another body in place; of an event, other data under the same id and type. */
export default {
  name: 'modify',
  summary: 'change header fields or the body; of an event, its data',
  messageFields: ['setHeaders', 'removeHeaders', 'body'],
  eventFields: ['body'],
  requiredEventFields: ['body'],
  decide: (rule) => ({
    kind: 'modify',
    setHeaders: rule.setHeaders ?? {},
    removeHeaders: rule.removeHeaders ?? [],
    ...(rule.body === undefined ? {} : { body: Buffer.from(rule.body) }),
  }),
  decideEvent: (rule) => (rule.body === undefined ? CONTINUE : { kind: 'modify', data: rule.body }),
} satisfies InterceptAction as InterceptAction;
