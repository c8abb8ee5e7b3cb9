/** The WebSocket relay, as people write it under `system.ws`. */
import * as z from 'zod';
import { type ChainSettings, DEFAULT_SYSTEM_SETTINGS, type WsSettings } from '../core/plan.ts';
import { count, countLimit, duration, timeLimit, WHOLE_MESSAGE, writeDuration, yesOrNo } from './fields.ts';

const DEFAULTS = DEFAULT_SYSTEM_SETTINGS.ws;

const MAX_WORKERS = 64;
const MAX_MIDDLEWARES = 1000;
const MAX_REPLIES = 100_000;
const MAX_LANE_ITEMS = 1_000_000;

const chain = (defaults: ChainSettings, of: string) =>
  z
    .strictObject(
      {
        middlewares: count(0, MAX_MIDDLEWARES)
          .prefault(defaults.middlewares)
          .describe('Middlewares that every message passes, one after the other.'),
        time: duration()
          .prefault(writeDuration(defaults.workMs))
          .describe('Time that all of them take together for one message.'),
        work: z
          .enum(['await', 'compute'])
          .prefault(defaults.work)
          .describe(
            'What that time is: others go on meanwhile (await), or it occupies its thread (compute).',
          ),
      },
      { error: 'a map with middlewares, time or work' },
    )
    .superRefine(({ middlewares, time, work }, context) => {
      const lack = (field: string, message: string) =>
        context.addIssue({ code: 'custom', message, path: [field], params: WHOLE_MESSAGE });
      if (time > 0 && middlewares === 0) lack('time', 'time needs middlewares: 1 or more to spend it in');
      if (time === 0 && work !== defaults.work) lack('work', `work: ${work} needs time, such as 10ms`);
    })
    .describe(`The chain of middlewares that ${of} passes.`);

export const relaySchema = z
  .strictObject(
    {
      architecture: z
        .enum(['single-loop', 'split', 'actor', 'offload'])
        .prefault(DEFAULTS.architecture)
        .describe(
          'Who does what of a connection: one task reads and writes (single-loop, as found), a reader and a writer (split), these two with a third that keeps their state (actor), or a single loop whose inbound chain runs in a pool of threads (offload).',
        ),
      actor: z
        .enum(['thin', 'fat'])
        .prefault(DEFAULTS.actor)
        .describe('What the actor does: keep the state (thin), or run both chains (fat).'),
      select: z
        .enum(['biased', 'fair'])
        .prefault(DEFAULTS.select)
        .describe(
          'Which source a single loop takes first: outbound before inbound (biased, as found), or in turn (fair).',
        ),
      force: yesOrNo()
        .prefault(DEFAULTS.force)
        .describe('Plays combinations that stand still, such as a single loop that blocks, for study.'),
      workers: count(1, MAX_WORKERS).prefault(DEFAULTS.workers).describe('Threads of offload.'),
      sequenced: yesOrNo()
        .prefault(DEFAULTS.sequenced)
        .describe('Whether messages that were offloaded are put back in order, or leave as their work ends.'),
      inbound: chain(DEFAULTS.inbound, 'every message from a client').prefault({}),
      outbound: chain(DEFAULTS.outbound, 'every message to a client').prefault({}),
      replies: count(1, MAX_REPLIES)
        .prefault(DEFAULTS.replies)
        .describe('Messages that one inbound message causes.'),
      onFull: z
        .enum(['drop', 'retry', 'kill-subscription', 'disconnect'])
        .prefault(DEFAULTS.onFull)
        .describe(
          'A live event that finds the outbound queue full is lost (drop) or tried again with back-off (retry); or the subscription gets no live event ever again (kill-subscription, as found), or the connection ends (disconnect).',
        ),
      control: z
        .enum(['inline', 'queue', 'strict', 'weighted'])
        .prefault(DEFAULTS.control)
        .describe(
          'Where answers to ping and close go: past the queue (inline), through it (queue), or through a lane of their own, always first (strict) or at most controlWeight in a row (weighted).',
        ),
      controlWeight: count(1, 1000)
        .prefault(DEFAULTS.controlWeight)
        .describe('Answers in a row before a message has its turn, where control is weighted.'),
      controlCapacity: countLimit(1, MAX_LANE_ITEMS)
        .prefault(DEFAULTS.controlCapacity ?? 'none')
        .describe('Places in that lane; none for no bound. What finds none replaces the latest pong.'),
      sendTimeout: timeLimit()
        .prefault(DEFAULTS.sendTimeoutMs === null ? 'none' : writeDuration(DEFAULTS.sendTimeoutMs))
        .describe('A write that is not taken for this time ends the connection; none for never, as found.'),
      pingEvery: timeLimit()
        .prefault(DEFAULTS.pingEveryMs === null ? 'none' : writeDuration(DEFAULTS.pingEveryMs))
        .describe(
          'A connection over which nothing has gone for this time is pinged, and released where nothing comes for as long again; none for never, as found.',
        ),
      maxConnectionTime: timeLimit()
        .prefault(DEFAULTS.maxConnectionMs === null ? 'none' : writeDuration(DEFAULTS.maxConnectionMs))
        .describe('A connection ends after this time; none for never.'),
      broadcastItems: count(1, MAX_LANE_ITEMS)
        .prefault(DEFAULTS.broadcastItems)
        .describe("Events of the ring that every connection's subscription follows."),
      onLag: z
        .enum(['end-feed', 'resume'])
        .prefault(DEFAULTS.onLag)
        .describe(
          'A subscription that the ring has lapped gets no live event again (end-feed, as found), or goes on (resume).',
        ),
      history: z
        .enum(['half', 'paged'])
        .prefault(DEFAULTS.history)
        .describe(
          'Stored events before the live ones: what half of the free places hold (half, as found), or all, page by page.',
        ),
      shutdown: z
        .enum(['flush', 'discard'])
        .prefault(DEFAULTS.shutdown)
        .describe('What is queued when the system ends is sent, or given up.'),
      deflate: z
        .enum(['off', 'context', 'no-context'])
        .prefault(DEFAULTS.deflate)
        .describe(
          'permessage-deflate: none, with a dictionary that each message adds to (context), or anew for each message.',
        ),
    },
    {
      error:
        'a map with architecture, actor, select, force, workers, sequenced, inbound, outbound, replies, onFull, control, controlWeight, controlCapacity, sendTimeout, pingEvery, maxConnectionTime, broadcastItems, onLag, history, shutdown or deflate',
    },
  )
  .superRefine((relay, context) => {
    for (const { field, isIdle, message } of findIdleSettings(relay)) {
      if (isIdle) context.addIssue({ code: 'custom', message, path: [field], params: WHOLE_MESSAGE });
    }
  })
  .describe('The WebSocket relay.');

export type RelayDocument = z.output<typeof relaySchema>;

/** Settings of something that is not there: whoever sets them expects what will not happen. */
function findIdleSettings(relay: RelayDocument) {
  const { architecture, control } = relay;
  const isLoop = architecture === 'single-loop' || architecture === 'offload';
  const hasLane = control === 'strict' || control === 'weighted';
  const differs = (field: keyof RelayDocument & keyof WsSettings): boolean =>
    relay[field] !== DEFAULTS[field];
  const idle = (field: keyof RelayDocument & keyof WsSettings, isIdle: boolean, needs: string) => ({
    field,
    isIdle: isIdle && differs(field),
    message: `${field}: ${relay[field] ?? 'none'} needs ${needs}`,
  });
  return [
    idle('actor', architecture !== 'actor', `architecture: actor, got ${architecture}`),
    idle('select', !isLoop, `a single loop (architecture: single-loop or offload), got ${architecture}`),
    idle('workers', architecture !== 'offload', `architecture: offload, got ${architecture}`),
    idle('sequenced', architecture !== 'offload', `architecture: offload, got ${architecture}`),
    idle('controlWeight', control !== 'weighted', `control: weighted, got ${control}`),
    idle('controlCapacity', !hasLane, `a lane (control: strict or weighted), got ${control}`),
  ];
}

export function buildRelay(relay: RelayDocument): WsSettings {
  const { inbound, outbound, sendTimeout, pingEvery, maxConnectionTime, ...same } = relay;
  const toChain = ({ middlewares, time, work }: RelayDocument['inbound']): ChainSettings => ({
    middlewares,
    workMs: time,
    work,
  });
  return {
    ...same,
    inbound: toChain(inbound),
    outbound: toChain(outbound),
    sendTimeoutMs: sendTimeout,
    pingEveryMs: pingEvery,
    maxConnectionMs: maxConnectionTime,
  };
}
