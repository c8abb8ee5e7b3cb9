/** What the reverse proxy's interceptors do, as people write it under `system.intercept`. */
import * as z from 'zod';
import { DEFAULT_SYSTEM_SETTINGS, type InterceptRule } from '../core/plan.ts';
import { count, duration, share, WHOLE_MESSAGE, writeDuration } from './fields.ts';

type RuleField = 'delay' | 'setHeaders' | 'removeHeaders' | 'status' | 'body';

type NeededField = 'delay' | 'body';

const NEEDED: Readonly<Record<NeededField, string>> = {
  delay: 'how long, such as 20ms',
  body: 'its new data',
};

interface ActionFields {
  /** What a rule on requests and answers may say beside what it matches, and what a rule on events may. */
  readonly message: readonly RuleField[];
  readonly event: readonly RuleField[];
  /** Without these there would be nothing to do. */
  readonly needed?: readonly NeededField[];
  readonly neededByEvents?: readonly NeededField[];
}

const ACTION_FIELDS: Readonly<Record<InterceptRule['action'], ActionFields>> = {
  continue: { message: [], event: [] },
  modify: { message: ['setHeaders', 'removeHeaders', 'body'], event: ['body'], neededByEvents: ['body'] },
  block: { message: ['status'], event: [] },
  mock: { message: ['status', 'body'], event: ['body'], neededByEvents: ['body'] },
  pause: { message: ['delay'], event: ['delay'] },
  delay: { message: ['delay'], event: ['delay'], needed: ['delay'], neededByEvents: ['delay'] },
};

const FIELDS: readonly RuleField[] = ['delay', 'setHeaders', 'removeHeaders', 'status', 'body'];

const WHAT: Readonly<Record<InterceptRule['on'], string>> = {
  request: 'a request',
  response: 'a response',
  event: 'an event',
};

/** A field name (RFC 9110 §5.1). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Field content (RFC 9110 §5.5): visible Latin-1, blanks within. */
const FIELD_CONTENT = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;
/** The proxy writes these itself: they frame the message, or belong to one connection. */
const FRAMING: ReadonlySet<string> = new Set([
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
const BODILESS: readonly number[] = [204, 205, 304];

const NAME_EXPECTED =
  "a header field's name that the proxy does not write itself (it frames messages and keeps connections)";
const CONTENT_EXPECTED = 'one line of Latin-1 text without blanks around it';
const EVENT_EXPECTED = 'a type of events such as message';

const text = () => z.string({ error: 'a text' });
const isFieldName = (name: string): boolean => TOKEN.test(name) && !FRAMING.has(name.toLowerCase());

/** A map from header fields to what they shall be; a name that cannot be set is reported at its key. */
const headers = () =>
  z
    .record(
      z.string(),
      z.string({ error: CONTENT_EXPECTED }).regex(FIELD_CONTENT, { error: CONTENT_EXPECTED }),
      {
        error: 'a map from header field to value',
      },
    )
    .superRefine((table, context) => {
      for (const name of Object.keys(table).filter((key) => !isFieldName(key))) {
        context.addIssue({ code: 'custom', message: `${NAME_EXPECTED}, not ${name}`, path: [name] });
      }
    });

const removable = () =>
  z
    .string({ error: NAME_EXPECTED })
    .refine(isFieldName, { error: NAME_EXPECTED })
    .refine((name) => name.toLowerCase() !== 'host', {
      error: 'another field than Host, which requests must have',
    });

const rule = z
  .strictObject(
    {
      on: z
        .enum(['request', 'response', 'event'])
        .describe('What the rule is about; events are those of SSE streams.'),
      action: z
        .enum(['continue', 'modify', 'block', 'mock', 'pause', 'delay'])
        .describe('What is done with it. The first rule that matches decides.'),
      path: text()
        .startsWith('/', { error: 'a path that begins with /' })
        .optional()
        .describe('Paths that begin so. Default: every path.'),
      method: text()
        .regex(TOKEN, { error: 'a method such as GET' })
        .optional()
        .describe('This method alone.'),
      event: z
        .string({ error: EVENT_EXPECTED })
        .min(1, { error: EVENT_EXPECTED })
        .optional()
        .describe('Events of this type alone.'),
      everyNth: count(1, 1_000_000_000).optional().describe('Every nth event of a stream alone: 1, n+1 …'),
      delay: duration()
        .optional()
        .describe('delay: how long. pause: how long to wait for a release at most (default 30s).'),
      setHeaders: headers().optional().describe('modify: header fields and what they shall be.'),
      removeHeaders: z
        .array(removable(), { error: 'a list of header fields' })
        .optional()
        .describe('modify: header fields to take out.'),
      status: count(200, 599).optional().describe('Status of block (default 403) and of mock (default 200).'),
      body: text()
        .optional()
        .describe('The whole body of a mock or a modified message; the data of an event.'),
    },
    { error: 'a map with at least on and action' },
  )
  .superRefine((rule, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [field] });
    const lack = (field: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [field], params: WHOLE_MESSAGE });
    const isEvent = rule.on === 'event';
    for (const field of ['event', 'everyNth'] as const) {
      if (!isEvent && rule[field] !== undefined) refuse(field, `no ${field} in a rule on ${WHAT[rule.on]}`);
    }
    const { message, event, needed = [], neededByEvents = [] } = ACTION_FIELDS[rule.action];
    const taken = isEvent ? event : message;
    for (const field of FIELDS) {
      const what = `${rule.action} of ${WHAT[rule.on]}`;
      const isGiven = rule[field] !== undefined;
      if (isGiven && !taken.includes(field)) {
        refuse(field, `no ${field}: ${what} takes ${taken.length === 0 ? 'nothing more' : taken.join(', ')}`);
      }
    }
    for (const field of isEvent ? neededByEvents : needed) {
      const what = `${rule.action} of ${WHAT[rule.on]}`;
      if (rule[field] === undefined) lack(field, `${what} needs ${field}: ${NEEDED[field]}`);
    }
    if (rule.status !== undefined && BODILESS.includes(rule.status) && rule.body) {
      refuse('body', `no body: an answer with status ${rule.status} has none`);
    }
  });

export type RuleDocument = z.output<typeof rule>;

const DEFAULTS = DEFAULT_SYSTEM_SETTINGS.intercept;

const reconnect = z
  .strictObject(
    {
      attempts: count(0, 1000)
        .prefault(DEFAULTS.reconnect.attempts)
        .describe('Attempts in a row without an event before the stream is given up; 0 for none.'),
      first: duration()
        .prefault(writeDuration(DEFAULTS.reconnect.firstMs))
        .describe('Wait before the first attempt; it doubles from one to the next.'),
      max: duration().prefault(writeDuration(DEFAULTS.reconnect.maxMs)).describe('The longest wait.'),
      jitter: share()
        .prefault(DEFAULTS.reconnect.jitter)
        .describe('Share of the wait by which it is drawn at random.'),
    },
    { error: 'a map with attempts, first, max or jitter' },
  )
  .refine(({ first, max }) => first <= max, { error: 'max to be first or more', path: ['max'] });

export const interceptSchema = z
  .strictObject(
    {
      rules: z
        .array(rule, { error: 'a list of rules' })
        .max(1000, { error: 'at most 1000 rules' })
        .prefault([])
        .describe('What is done with requests, answers and events on their way. Default: nothing.'),
      wait: z
        .enum(['state-machine', 'sync-loop', 'sync-pool'])
        .prefault(DEFAULTS.wait)
        .describe(
          'How an event that takes time is waited for: nobody else waits (state-machine), the event loop stands still (sync-loop, as found), or one of the workers is taken (sync-pool).',
        ),
      workers: count(1, 1024).prefault(DEFAULTS.workers).describe('Workers of sync-pool.'),
      stream: z
        .enum(['pull', 'push'])
        .prefault(DEFAULTS.stream)
        .describe('The next bytes are read once no event is pending (pull), or as they come (push).'),
      keepAlive: duration(1)
        .prefault(writeDuration(DEFAULTS.keepAliveMs))
        .describe('A comment goes to the client after this time without an event.'),
      dedupeIds: count(0, 1_000_000)
        .prefault(DEFAULTS.dedupeIds)
        .describe('Ids that are kept to tell events that came before; 0 for no check.'),
      reconnect: reconnect.prefault({}).describe('What happens to a server-initiated stream that broke.'),
    },
    { error: 'a map with rules, wait, workers, stream, keepAlive, dedupeIds or reconnect' },
  )
  .describe('Interceptors of the reverse proxy: requests, answers and events of SSE streams.');
