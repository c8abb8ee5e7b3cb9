/** What a check can ask about the store, the projections and both feeds: the notes' thresholds, and a few more. */
import { quantileOf } from '../core/distribution.ts';
import type { FeedResult, RunRecord } from '../core/record.ts';
import type { Distribution } from '../core/samples.ts';
import type { CheckTarget, Measured, Metric, MetricUnit } from './check-metrics.ts';

type Part = Exclude<keyof FeedResult, 'projections'>;

const PART_NAMES: Record<Part, string> = { store: 'event store', sse: 'SSE feed', relay: 'WebSocket relay' };

const percentiles = (part: Part, what: string, pick: (feed: FeedResult) => Distribution | undefined) => ({
  p50: quantile(0.5, part, `median ${what}`, pick),
  p99: quantile(0.99, part, `99th percentile of ${what}`, pick),
});

const append = percentiles(
  'store',
  'the time from the call to the commit of an event',
  ({ store }) => store?.appendMs,
);
const emit = percentiles(
  'sse',
  'the time from the publication of an event to its hand-over to the kernel',
  ({ sse }) => sse?.emitMs,
);
const inbound = percentiles(
  'relay',
  'the time from the reading of a WebSocket message to the end of its chain',
  ({ relay }) => relay?.inboundMs,
);
const outbound = percentiles(
  'relay',
  'the time from the queueing of a WebSocket message to its hand-over to the kernel',
  ({ relay }) => relay?.outboundMs,
);

export const FEED_METRICS = {
  'append.p50': append.p50,
  'append.p99': append.p99,
  'store.failed': count('store', 'events that could not be stored', ({ store }) => store?.failed),
  projectionLag: {
    unit: 'count',
    summary: 'most events that any projection was behind',
    takes: [],
    measure({ feed }) {
      const lags = feed?.projections.map(({ lagMax }) => lagMax) ?? [];
      return lags.length === 0 ? { unknown: 'no projections were seen' } : { value: Math.max(...lags) };
    },
  },
  'emit.p50': emit.p50,
  'emit.p99': emit.p99,
  'batch.p50': {
    ...quantile(
      0.5,
      'sse',
      'median of the events written to an SSE response at a time',
      ({ sse }) => sse?.batchSizes,
      1,
    ),
    unit: 'count',
  },
  lags: ofFeeds('count', 'times that a reader was lapped by the bus or the ring', (feed) => feed.lags),
  lagRate: ofFeeds(
    'perMin',
    'times that a reader was lapped, in the busiest minute',
    (feed) => feed.lagsPerMinuteMax,
  ),
  'ws.queueFull': count('relay', 'sends that found an outbound queue full', ({ relay }) => relay?.queueFull),
  'ws.feedsEnded': count(
    'relay',
    'subscriptions without live events for ever, by a full queue or a lag',
    ({ relay }) => relay && relay.feedsKilled + relay.feedsEndedByLag,
  ),
  'inbound.p50': inbound.p50,
  'inbound.p99': inbound.p99,
  'outbound.p50': outbound.p50,
  'outbound.p99': outbound.p99,
} as const satisfies Record<string, Metric>;

function quantile(
  q: number,
  part: Part,
  summary: string,
  pick: (feed: FeedResult) => Distribution | undefined,
  step: 0 | 1 = 0,
): Metric {
  return ofPart('ms', part, summary, (feed) => {
    const distribution = pick(feed);
    if (distribution === undefined) return undefined;
    const value = quantileOf(distribution, q, step);
    if (value === null) return { unknown: 'nothing was counted' };
    const last = distribution.bounds.at(-1);
    return Number.isFinite(value)
      ? { value }
      : { value, note: `above ${last}, the last bound that is counted` };
  });
}

function count(part: Part, summary: string, pick: (feed: FeedResult) => number | null | undefined): Metric {
  return ofPart('count', part, summary, (feed) => {
    const value = pick(feed);
    return value === undefined || value === null ? undefined : { value };
  });
}

function ofPart(
  unit: MetricUnit,
  part: Part,
  summary: string,
  measure: (feed: FeedResult) => Measured | undefined,
): Metric {
  return {
    unit,
    summary,
    takes: [],
    measure: ({ feed }) =>
      (feed === null ? undefined : measure(feed)) ?? { unknown: `no ${PART_NAMES[part]} was seen` },
  };
}

/** Of both feeds together, or of the one that the check names. */
function ofFeeds(
  unit: MetricUnit,
  summary: string,
  pick: (feed: { lags: number; lagsPerMinuteMax: number }) => number,
): Metric {
  return {
    unit,
    summary,
    takes: ['path'],
    measure({ feed }: RunRecord, target: CheckTarget) {
      const { sse = null, relay = null } = feed ?? {};
      const asked =
        target.kind === 'all' ? [sse, relay] : [{ sse, ws: relay }[target.name as 'sse' | 'ws'] ?? null];
      const there = asked.filter((one) => one !== null);
      if (there.length === 0) return { unknown: 'no feed was seen' };
      return { value: there.reduce((sum, one) => sum + pick(one), 0) };
    },
  };
}
