/** What feeds events to clients, as people write it under `system.store`, `.projections` and `.sse`. */
import * as z from 'zod';
import { DEFAULT_SYSTEM_SETTINGS, type SystemSettings, type WsSettings } from '../core/plan.ts';
import { count, countLimit, duration, timeLimit, writeDuration, yesOrNo } from './fields.ts';

const { store, projections, sse } = DEFAULT_SYSTEM_SETTINGS;

const MAX_EVENTS = 100_000_000;
/** One replay is read in pages, and so is a state; more than this is a slip of the finger. */
const MAX_REPLAY_EVENTS = 1_000_000;
const MAX_STATE_ITEMS = 100_000;

/** What a setting is where it is left out and there is no store to read from. */
const WITHOUT_STORE = { resume: 'none', sseLag: 'stale', projectionLag: 'skip' } as const;

export const storeSchema = z
  .strictObject(
    {
      mode: z
        .enum(['sqlite', 'none'])
        .prefault(store.mode)
        .describe(
          'sqlite: an event is in the database before it is acknowledged and sent on. none: no history, no resume.',
        ),
      synchronous: z
        .enum(['off', 'normal', 'full', 'extra'])
        .prefault(store.synchronous)
        .describe("What a commit waits for, in SQLite's own words."),
      write: duration()
        .prefault(writeDuration(store.writeMs))
        .describe("Further time that one commit takes, on the writer's thread."),
      onError: z
        .enum(['refuse', 'publish'])
        .prefault(store.onError)
        .describe(
          'An event that cannot be stored is answered with 503 and nobody sees it (refuse), or sent on all the same (publish).',
        ),
      keepEvents: countLimit(1, MAX_EVENTS)
        .prefault(store.keepEvents ?? 'none')
        .describe('Newest events that are kept; none for all of them.'),
      keepFor: timeLimit()
        .prefault(store.keepMs === null ? 'none' : writeDuration(store.keepMs))
        .describe('Age up to which events are kept; none for any age.'),
    },
    { error: 'a map with mode, synchronous, write, onError, keepEvents or keepFor' },
  )
  .describe('The database behind the feeds.');

export const projectionsSchema = z
  .strictObject(
    {
      serviceTime: duration()
        .prefault(writeDuration(projections.serviceTimeMs))
        .describe('Time that each of the three projections takes for an event.'),
      onLag: z
        .enum(['replay', 'skip'])
        .optional()
        .describe(
          `A projection that the bus has lapped reads what it missed from the store, or goes on without. Default: ${projections.onLag}; ${WITHOUT_STORE.projectionLag} without a store.`,
        ),
    },
    { error: 'a map with serviceTime or onLag' },
  )
  .describe('Consumers beside the clients, each at its own pace: todo_list, user_profile, analytics.');

export const sseSchema = z
  .strictObject(
    {
      fanout: z
        .enum(['per-client', 'shared'])
        .prefault(sse.fanout)
        .describe(
          'Who takes from the bus: a forwarder for each client, or one that serves them in turn, so that whoever is slow holds up all.',
        ),
      resume: z
        .enum(['subscribe-first', 'replay-first', 'since-plus-one', 'none'])
        .optional()
        .describe(
          `What Last-Event-ID brings: everything (subscribe-first), less what came during the replay (replay-first), less one event (since-plus-one, as documented by the note), or live events alone (none). Default: ${sse.resume}; ${WITHOUT_STORE.resume} without a store.`,
        ),
      dedupe: yesOrNo()
        .prefault(sse.dedupe)
        .describe('Live events that the replay has sent already are left out; as found they come twice.'),
      onLag: z
        .enum(['replay', 'snapshot', 'reload', 'stale', 'disconnect', 'end', 'ignore'])
        .optional()
        .describe(
          `A client that the bus has lapped gets what it missed from the store (replay), the state (snapshot), a word to load anew (reload) or that it misses events (stale), is cut off (disconnect), ends without a word (end, as found), or goes on (ignore). Default: ${sse.onLag}; ${WITHOUT_STORE.sseLag} without a store.`,
        ),
      gaps: z
        .enum(['silent', 'record'])
        .prefault(sse.gaps)
        .describe('Whether a client is told of events that its own queue has dropped.'),
      replayEvents: count(1, MAX_REPLAY_EVENTS)
        .prefault(sse.replayEvents)
        .describe('Events that one replay sends at most; what is older is a snapshot or a gap.'),
      keepAlive: duration(1)
        .prefault(writeDuration(sse.keepAliveMs))
        .describe('A comment goes to the client after this time without an event.'),
      writeDeadline: timeLimit()
        .prefault(sse.writeDeadlineMs === null ? 'none' : writeDuration(sse.writeDeadlineMs))
        .describe(
          'A client that takes nothing for this time while something waits for it is cut off; none for never.',
        ),
      retry: timeLimit()
        .prefault(sse.retryMs === null ? 'none' : writeDuration(sse.retryMs))
        .describe('How long browsers are told to wait before they come again; none for their own time.'),
      render: z
        .enum(['event', 'state'])
        .prefault(sse.render)
        .describe('The event alone, or, as built by the note, the whole list anew for each event (state).'),
      stateItems: count(1, MAX_STATE_ITEMS)
        .prefault(sse.stateItems)
        .describe('Entries of that list at most, the latest of each key.'),
    },
    {
      error:
        'a map with fanout, resume, dedupe, onLag, gaps, replayEvents, keepAlive, writeDeadline, retry, render or stateItems',
    },
  )
  .describe(
    'The feed of server-sent events. The spellings max_events_per_session (replayEvents) and event_ttl_secs (store.keepFor) work too.',
  );

export type FeedDocument = {
  readonly store: z.output<typeof storeSchema>;
  readonly projections: z.output<typeof projectionsSchema>;
  readonly sse: z.output<typeof sseSchema>;
};

interface IdleSetting {
  readonly path: string[];
  readonly message: string;
}

/** Settings of something that is not there: whoever sets them expects what will not happen. */
export function findIdleFeedSettings({
  store: db,
  projections: followers,
  sse: feed,
  ws,
}: FeedDocument & {
  readonly ws: { readonly history: WsSettings['history'] };
}): IdleSetting[] {
  const idle: IdleSetting[] = [];
  const refuse = (table: string, field: string, value: unknown, why: string) =>
    idle.push({ path: [table, field], message: `${field}: ${value ?? 'none'} ${why}` });
  const { resume } = feed;
  if (db.mode === 'none') {
    const written = {
      write: writeDuration(db.write),
      keepFor: db.keepFor && writeDuration(db.keepFor),
    } as Partial<Record<string, string>>;
    const needs = 'needs a store to read from: set store.mode to sqlite, or';
    for (const field of ['synchronous', 'write', 'onError', 'keepEvents', 'keepFor'] as const) {
      const byDefault = { ...store, write: store.writeMs, keepFor: store.keepMs }[field];
      if (db[field] !== byDefault)
        refuse('store', field, written[field] ?? db[field], 'needs a store, and mode is none');
    }
    if (followers.onLag === 'replay')
      refuse('projections', 'onLag', 'replay', `${needs} projections.onLag to skip`);
    if (resume !== undefined && resume !== 'none')
      refuse('sse', 'resume', resume, `${needs} sse.resume to none`);
    if (feed.onLag === 'replay') refuse('sse', 'onLag', 'replay', `${needs} sse.onLag to something else`);
    if (ws.history !== DEFAULT_SYSTEM_SETTINGS.ws.history) {
      refuse('ws', 'history', ws.history, 'needs a store to read from: set store.mode to sqlite');
    }
  }
  const { resume: resumes, onLag } = buildFeeds({ store: db, projections: followers, sse: feed }).sse;
  if (resumes === 'none' && feed.dedupe !== sse.dedupe) {
    refuse('sse', 'dedupe', feed.dedupe, 'needs a replay, and resume is none');
  }
  if (resumes === 'none' && onLag !== 'replay' && feed.replayEvents !== sse.replayEvents) {
    refuse(
      'sse',
      'replayEvents',
      feed.replayEvents,
      'needs a replay, and neither resume nor onLag brings one',
    );
  }
  return idle;
}

/** What is left out goes by whether there is a store to read from. */
export function buildFeeds({
  store: { write, keepFor, ...stored },
  projections: followers,
  sse: feed,
}: FeedDocument): Pick<SystemSettings, 'store' | 'projections' | 'sse'> {
  const hasStore = stored.mode !== 'none';
  const { resume, onLag, writeDeadline, retry, keepAlive, ...same } = feed;
  return {
    store: { ...stored, writeMs: write, keepMs: keepFor },
    projections: {
      serviceTimeMs: followers.serviceTime,
      onLag: followers.onLag ?? (hasStore ? projections.onLag : WITHOUT_STORE.projectionLag),
    },
    sse: {
      ...same,
      resume: resume ?? (hasStore ? sse.resume : WITHOUT_STORE.resume),
      onLag: onLag ?? (hasStore ? sse.onLag : WITHOUT_STORE.sseLag),
      keepAliveMs: keepAlive,
      writeDeadlineMs: writeDeadline,
      retryMs: retry,
    },
  };
}
