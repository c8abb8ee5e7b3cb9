/** What is wrong with a rule of the interceptors, before anything runs under it. */
import { inspect } from 'node:util';
import type { InterceptRule } from '../../core/plan.ts';
import type { ActionField, InterceptAction } from './actions/action.ts';
import { BODILESS } from './actions/answer.ts';
import { ACTIONS } from './actions/registry.ts';

const ON = ['request', 'response', 'event'];
const ACTION_FIELDS: readonly ActionField[] = ['delayMs', 'setHeaders', 'removeHeaders', 'status', 'body'];
/** A field name (RFC 9110 §5.1). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Field content (RFC 9110 §5.5): visible Latin-1, inner blanks. */
const FIELD_VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;
/** They frame the message or belong to one connection: the proxy writes them itself. */
const OWN_FIELDS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** The first problem as one sentence that names the field, or `undefined` for a rule that can be followed. */
export function findRuleProblem(rule: InterceptRule): string | undefined {
  if (!ON.includes(rule.on)) return `on must be one of ${ON.join(', ')}, got ${inspect(rule.on)}`;
  if (!Object.hasOwn(ACTIONS, rule.action)) {
    return `action must be one of ${Object.keys(ACTIONS).join(', ')}, got ${inspect(rule.action)}`;
  }
  return findMatchProblem(rule) ?? findFieldProblem(rule, ACTIONS[rule.action]) ?? findValueProblem(rule);
}

function findMatchProblem({ on, path, method, event, everyNth }: InterceptRule): string | undefined {
  if (path !== undefined && !(typeof path === 'string' && path.startsWith('/'))) {
    return `path must be text that begins with '/', got ${inspect(path)}`;
  }
  if (method !== undefined && !(typeof method === 'string' && TOKEN.test(method))) {
    return `method must be a method such as GET, got ${inspect(method)}`;
  }
  if (on !== 'event' && event !== undefined) return `event is for rules on events, got it on a ${on}`;
  if (on !== 'event' && everyNth !== undefined) return `everyNth is for rules on events, got it on a ${on}`;
  if (event !== undefined && (typeof event !== 'string' || event === '')) {
    return `event must be a type of events such as 'message', got ${inspect(event)}`;
  }
  if (everyNth !== undefined && !(Number.isSafeInteger(everyNth) && everyNth >= 1)) {
    return `everyNth must be a whole number, 1 or more, got ${inspect(everyNth)}`;
  }
  return undefined;
}

function findFieldProblem(rule: InterceptRule, action: InterceptAction): string | undefined {
  const isEvent = rule.on === 'event';
  const taken = isEvent ? action.eventFields : action.messageFields;
  const required = (isEvent ? action.requiredEventFields : action.requiredFields) ?? [];
  const what = isEvent ? 'an event' : `a ${rule.on}`;
  const surplus = ACTION_FIELDS.find((field) => rule[field] !== undefined && !taken.includes(field));
  if (surplus !== undefined) {
    const known = taken.length === 0 ? 'nothing beside what it matches' : taken.join(', ');
    return `${surplus} means nothing to ${action.name} of ${what}, which takes ${known}`;
  }
  const missing = required.find((field) => rule[field] === undefined);
  return missing === undefined ? undefined : `${missing} is needed by ${action.name} of ${what}`;
}

function findValueProblem(rule: InterceptRule): string | undefined {
  const { delayMs, status, body, setHeaders = {}, removeHeaders = [] } = rule;
  if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= LONGEST_WAIT_MS)) {
    return `delayMs must be 0 to ${LONGEST_WAIT_MS} milliseconds, got ${inspect(delayMs)}`;
  }
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
    return `status must be that of a final answer, 200 to 599, got ${inspect(status)}`;
  }
  if (body !== undefined && typeof body !== 'string') return `body must be text, got ${inspect(body)}`;
  if (status !== undefined && BODILESS.includes(status) && body) {
    return `body must be left out: an answer with status ${status} has none`;
  }
  for (const [name, value] of Object.entries(setHeaders)) {
    const problem = findNameProblem('setHeaders', name);
    if (problem !== undefined) return problem;
    if (typeof value !== 'string' || !FIELD_VALUE.test(value)) {
      return `setHeaders: the value of ${name} must be one line of Latin-1 text, got ${inspect(value)}`;
    }
  }
  for (const name of removeHeaders) {
    const problem = findNameProblem('removeHeaders', name);
    if (problem !== undefined) return problem;
    if (name.toLowerCase() === 'host') return 'removeHeaders: a request must have Host';
  }
  return undefined;
}

function findNameProblem(field: 'setHeaders' | 'removeHeaders', name: unknown): string | undefined {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    return `${field}: a field name is letters, digits and !#$%&'*+.^_\`|~-, got ${inspect(name)}`;
  }
  return OWN_FIELDS.has(name.toLowerCase())
    ? `${field}: ${name} frames the message, the proxy writes it itself`
    : undefined;
}
