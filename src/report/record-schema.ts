/** The run record as a schema, equal to `core/record.ts`: a type test keeps them so. */
import { z } from 'zod';
import { BOUNDARY_NAMES, PATHS } from '../core/boundary.ts';
import { RECORD_SCHEMA_VERSION } from '../core/record.ts';
import { STAGES } from '../core/strategy.ts';

const path = z.enum(PATHS);
const boundary = z.enum(BOUNDARY_NAMES);
const count = z.int().nonnegative();
const number = z.number();
const numberOrNull = number.nullable();
const text = z.string();
const textOrNull = text.nullable();
const WALL_TIME = 'expected an ISO 8601 time in UTC';
/**
 * As `Date.toISOString` writes it: what reads it makes a time of it. A pattern and no format, because strict validators
 * refuse schemas with formats that they were not taught.
 */
export const wallTime = z
  .string(WALL_TIME)
  .regex(z.regexes.datetime({}), WALL_TIME)
  .describe('ISO 8601 wall time in UTC');

const reasons = z.record(text, count).describe('copies by reason');

const ledger = z
  .object({
    offered: count,
    delivered: count,
    dropped: reasons,
    coalesced: reasons,
    failed: reasons,
    queued: count,
    inFlight: count,
    blocked: count,
    spilled: count,
    unaccounted: z.int().describe('offered less all the others; 0 for a sound ledger'),
  })
  .describe('offered = delivered + dropped + coalesced + failed + queued + inFlight + blocked + spilled');

const percentiles = <T extends z.ZodType>(value: T) => ({
  p50: value,
  p90: value,
  p95: value,
  p99: value,
  p999: value,
  max: value,
});

const latencySummary = z.object({
  unit: z.literal('ms'),
  count,
  min: numberOrNull,
  mean: numberOrNull,
  ...percentiles(numberOrNull),
});

const numberOrInf = z.union([number, z.literal('inf')]).nullable();

const latencyViews = z.object({
  response: latencySummary.describe('from the intended time to receipt, of what was delivered'),
  service: latencySummary.describe('from the real send to receipt'),
  slip: latencySummary.describe('real send minus intended send'),
  age: latencySummary.nullable().describe('age of information at the consumer; null for requests'),
  all: z
    .object({
      unit: z.literal('ms'),
      count,
      undelivered: count,
      ...percentiles(numberOrInf),
    })
    .describe('over all offered work; what was never served is infinitely late, "inf"'),
  deadlineMiss: z.object({ deadlineMs: number, share: numberOrNull }),
});

const arrivals = z.union([
  z.object({ model: z.enum(['constant', 'poisson']), fromPerSec: number, toPerSec: number }),
  z.object({ model: z.literal('burst'), count: number, everyMs: numberOrNull }),
]);

const interceptRule = z.object({
  on: z.enum(['request', 'response', 'event']),
  action: z.enum(['continue', 'modify', 'block', 'mock', 'pause', 'delay']),
  path: text.exactOptional(),
  method: text.exactOptional(),
  event: text.exactOptional(),
  everyNth: number.exactOptional(),
  delayMs: number.exactOptional(),
  setHeaders: z.record(text, text).exactOptional(),
  removeHeaders: z.array(text).readonly().exactOptional(),
  status: number.exactOptional(),
  body: text.exactOptional(),
});

const chain = z.object({ middlewares: number, workMs: number, work: z.enum(['await', 'compute']) });

const feedSettings = {
  store: z.object({
    mode: z.enum(['sqlite', 'none']),
    synchronous: z.enum(['off', 'normal', 'full', 'extra']),
    writeMs: number,
    onError: z.enum(['refuse', 'publish']),
    keepEvents: numberOrNull,
    keepMs: numberOrNull,
  }),
  projections: z.object({ serviceTimeMs: number, onLag: z.enum(['replay', 'skip']) }),
  sse: z.object({
    fanout: z.enum(['per-client', 'shared']),
    resume: z.enum(['subscribe-first', 'replay-first', 'since-plus-one', 'none']),
    dedupe: z.boolean(),
    onLag: z.enum(['replay', 'snapshot', 'reload', 'stale', 'disconnect', 'end', 'ignore']),
    gaps: z.enum(['silent', 'record']),
    replayEvents: number,
    keepAliveMs: number,
    writeDeadlineMs: numberOrNull,
    retryMs: numberOrNull,
    render: z.enum(['event', 'state']),
    stateItems: number,
  }),
  ws: z.object({
    architecture: z.enum(['single-loop', 'split', 'actor', 'offload']),
    actor: z.enum(['thin', 'fat']),
    select: z.enum(['biased', 'fair']),
    force: z.boolean(),
    workers: number,
    sequenced: z.boolean(),
    inbound: chain,
    outbound: chain,
    replies: number,
    onFull: z.enum(['drop', 'retry', 'kill-subscription', 'disconnect']),
    control: z.enum(['inline', 'queue', 'strict', 'weighted']),
    controlWeight: number,
    controlCapacity: numberOrNull,
    sendTimeoutMs: numberOrNull,
    pingEveryMs: numberOrNull,
    maxConnectionMs: numberOrNull,
    broadcastItems: number,
    onLag: z.enum(['end-feed', 'resume']),
    history: z.enum(['half', 'paged']),
    shutdown: z.enum(['flush', 'discard']),
    deflate: z.enum(['off', 'context', 'no-context']),
  }),
};

const system = z.object({
  resources: z.object({ maxConnections: number, maxMemoryBytes: numberOrNull, maxTasks: number }),
  consumer: z.object({
    serviceTimeMs: number,
    freezeMs: number,
    freezeEveryMs: number,
    ticks: z.enum(['one', 'per-event']),
    tickCostMs: number,
  }),
  upstream: z.object({
    connections: number,
    reuse: z.enum(['keep-alive', 'none']),
    acquireTimeoutMs: numberOrNull,
    connectTimeoutMs: number,
    headTimeoutMs: numberOrNull,
    idleTimeoutMs: number,
    lifetimeMs: number,
  }),
  lifecycle: z.object({
    previewBytes: number,
    finishBlocksResponse: z.boolean(),
    dropBy: z.enum(['event', 'request']),
    output: z.enum(['shared', 'own']),
    requests: z.enum(['each', 'counters']),
    stopPath: z.enum(['as-found', 'bounded']),
  }),
  forward: z.object({
    connect: z.enum(['tunnel', 'intercept']),
    nonTls: z.enum(['pass', 'close']),
    allowHosts: z.array(text).readonly(),
    upstreamCa: textOrNull,
    insecureHosts: z.array(text).readonly(),
    idleTimeoutMs: number,
  }),
  intercept: z.object({
    rules: z.array(interceptRule).readonly(),
    wait: z.enum(['state-machine', 'sync-loop', 'sync-pool']),
    workers: number,
    stream: z.enum(['pull', 'push']),
    keepAliveMs: number,
    dedupeIds: number,
    reconnect: z.object({ attempts: number, firstMs: number, maxMs: number, jitter: number }),
  }),
  recorder: z.object({ mode: z.enum(['off', 'inline', 'async']), writeMs: number }),
  program: z.object({ command: text, args: z.array(text).readonly() }).nullable(),
  ...feedSettings,
  origin: z.object({ serviceTimeMs: number, bodyBytes: number }),
});

export const planSchema = z.object({
  name: text,
  description: text,
  boundary: z.array(boundary).readonly(),
  system,
  events: z.object({ keys: count, flows: count, criticalShare: number, sheddableShare: number }),
  clients: z
    .array(
      z.object({
        name: text,
        path,
        share: number,
        via: z.enum(['tcp', 'unix']),
        readBytesPerSec: numberOrNull,
        deadlineMs: number,
        arrivals: arrivals.nullable(),
        requestBytes: number,
      }),
    )
    .readonly(),
  phases: z
    .array(
      z.object({
        name: text,
        durationMs: number,
        connections: z.record(text, number),
        arrive: z.enum(['at-once', 'even']),
        publish: arrivals.nullable(),
        eventBytes: number,
        arrivals: z.record(text, arrivals),
        measured: z.boolean(),
      }),
    )
    .readonly(),
  checks: z.array(z.object({ name: text, expression: text, failIf: z.boolean() })).readonly(),
  seed: number,
  graceMs: number,
  stallAfterMs: number,
});

export const strategySchema = z.object({
  text,
  stages: z
    .array(
      z.object({
        stage: z.enum(STAGES),
        name: text,
        params: z.record(text, z.union([number, text])),
      }),
    )
    .readonly(),
});

const queue = z.object({
  strategy: text,
  capacityItems: numberOrNull.describe('of one queue'),
  capacityBytes: numberOrNull,
  depth: z.object({ mean: number, max: number, final: number }),
  bytes: z.object({ max: number, final: number }),
  blockedMs: number.describe('time that producers waited, added up'),
  waitersMax: number,
  classes: z
    .record(
      text,
      z.object({ offered: count, delivered: count, dropped: count, coalesced: count, failed: count }),
    )
    .describe('by class; 0 is critical'),
});

const distribution = z
  .object({ bounds: z.array(number).readonly(), counts: z.array(count), sum: number, count })
  .describe('counts[i]: values up to bounds[i] and above the bound before; the last one is the rest');

const counts = <const Names extends readonly string[]>(...names: Names) =>
  Object.fromEntries(names.map((name) => [name, count])) as Record<Names[number], typeof count>;

const feed = z.object({
  store: z
    .object({
      ...counts('appended', 'failed', 'pending', 'headId', 'oldestId'),
      appendMs: distribution,
      commitSizes: distribution,
      error: textOrNull,
    })
    .nullable(),
  projections: z.array(
    z.object({
      name: text,
      ...counts('lag', 'processed', 'missed', 'recovered'),
      lagMax: count.describe('the most events that it was behind in any sample'),
    }),
  ),
  sse: z
    .object({
      ...counts('lags', 'missed', 'resumes', 'replays', 'replayed', 'deduplicated'),
      ...counts('gaps', 'snapshots', 'reloads', 'staleMarks', 'endedByLag', 'endedByDeadline'),
      lagsPerMinuteMax: count.describe('in the busiest minute'),
      emitMs: distribution,
      batchSizes: distribution,
    })
    .nullable(),
  relay: z
    .object({
      ...counts('queueFull', 'refused', 'retried', 'feedsKilled', 'feedsEndedByLag', 'lags', 'missed'),
      ...counts('pings', 'pongs', 'pongsReplaced', 'histories', 'historyEvents', 'historyTruncated'),
      ...counts('endedBySendTimeout', 'endedBySilence', 'endedByAge'),
      lagsPerMinuteMax: count.describe('in the busiest minute'),
      inboundMs: distribution,
      outboundMs: distribution,
    })
    .nullable(),
});

const connectionCounts = z.object({
  attempted: count,
  admitted: count,
  rejected: count,
  failed: count,
  maxOpen: count,
});

export const environmentSchema = z.object({
  bpbenchVersion: text,
  nodeVersion: text,
  os: text,
  kernel: text,
  cpuModel: text,
  cores: number,
  memoryBytes: number,
  openFilesLimit: numberOrNull,
  gitCommit: textOrNull,
  packages: z.record(text, text),
});

export const recordSchema = z.object({
  schemaVersion: z.literal(RECORD_SCHEMA_VERSION),
  kind: z.literal('run'),
  id: text,
  startedAt: wallTime,
  durationMs: number,
  plannedDurationMs: number,
  partial: z.boolean(),
  interruptedBy: textOrNull,
  command: text.describe('repeats the run exactly'),
  seed: number,
  environment: environmentSchema,
  scenario: planSchema,
  strategy: z.record(boundary, strategySchema),
  strategyName: text,
  target: z.object({ kind: z.enum(['embedded', 'external']), urls: z.partialRecord(path, text) }),
  verdict: z.object({
    status: z.enum(['pass', 'fail', 'invalid', 'stalled']),
    reasons: z.array(z.object({ code: text, message: text })),
  }),
  validity: z.object({
    status: z.enum(['valid', 'doubt', 'invalid']),
    checks: z.array(
      z.object({
        name: text,
        actual: numberOrNull,
        limit: number,
        unit: text,
        status: z.enum(['ok', 'doubt', 'invalid', 'unknown']),
        detail: textOrNull,
      }),
    ),
  }),
  ledgers: z.object({
    boundaries: z.partialRecord(boundary, ledger),
    endToEnd: z.partialRecord(z.enum([...PATHS, 'publish']), ledger),
  }),
  latency: z.partialRecord(path, latencyViews),
  originLatency: latencySummary.nullable(),
  groups: z.record(
    text,
    z.object({
      path,
      connections: count,
      ledger,
      latency: latencyViews,
      gaps: count,
      duplicates: count,
      reordered: count,
    }),
  ),
  queues: z.partialRecord(boundary, queue),
  lifecycle: z
    .object({ complete: count, summaryOnly: count, unseen: count, pendingForever: count })
    .nullable()
    .describe('requests by what the observer of proxy.events got to see of them'),
  feed: feed.nullable().describe('what the store, the projections and both feeds did beside their queues'),
  connections: connectionCounts.extend({ byPath: z.partialRecord(path, connectionCounts) }),
  tasks: z.object({
    max: numberOrNull,
    final: numberOrNull,
    leaked: numberOrNull,
    maxPerConnection: numberOrNull,
    byKind: z.record(text, number),
  }),
  memory: z.object({
    rssMaxBytes: numberOrNull,
    heapMaxBytes: numberOrNull,
    accountedMaxBytes: numberOrNull,
    accountedPerConnectionBytes: numberOrNull,
    socketMaxBytes: numberOrNull,
    kernelMaxBytes: numberOrNull,
    slopeBytesPerMinute: numberOrNull,
  }),
  cpu: z.object({ systemMs: numberOrNull.describe('processor time of the system, user and kernel') }),
  backpressureEvents: numberOrNull,
  hiddenBuffers: z.array(z.object({ via: z.enum(['tcp', 'unix']), writeBytes: number, hiddenBytes: number })),
  stalls: z.array(
    z.object({
      startedMs: number,
      durationMs: number,
      class: z.enum(['cycle', 'blocked-loop', 'zero-window', 'lost-wake-up']),
      boundary: boundary.nullable(),
      path: path.nullable(),
      summary: text,
      waitsFor: z.array(z.object({ who: text, what: text, freedBy: z.array(text), ageMs: number })),
      cycle: z.array(text).describe('those that wait for each other, in order'),
    }),
  ),
  predictions: z.array(
    z.object({
      quantity: text,
      formula: text,
      predicted: number,
      measured: numberOrNull,
      unit: text,
      assumptions: text,
    }),
  ),
  phases: z.array(
    z.object({
      name: text,
      startedMs: number,
      durationMs: number,
      measured: z.boolean(),
      groups: z.record(
        text,
        z.object({ delivered: count, p50Ms: numberOrNull, p99Ms: numberOrNull, maxMs: numberOrNull }),
      ),
      connectionsOpen: number,
      tasksOpen: numberOrNull,
      accountedBytes: numberOrNull,
      rssBytes: numberOrNull,
    }),
  ),
  checks: z.array(
    z.object({
      name: text,
      expression: text,
      actual: numberOrNull,
      limit: number,
      unit: text,
      status: z.enum(['pass', 'fail', 'unknown']),
      detail: textOrNull,
    }),
  ),
  findings: z.array(z.object({ code: text, level: z.enum(['info', 'warn', 'doubt']), text })),
  files: z.array(text).describe('names of the files beside the record'),
});

/** JSON Schema 2020-12. Unknown keys are allowed, so that a reader survives what is added later. */
export function recordJsonSchema(): object {
  return {
    title: 'bpbench run record',
    description:
      'Everything about one run. Units are in the names or in a unit field; absent is null, never 0.',
    ...z.toJSONSchema(recordSchema, { target: 'draft-2020-12', io: 'input' }),
  };
}
