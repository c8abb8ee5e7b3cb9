/**
 * The WebSocket relay. The three that the websocket note asks for: how often a queue was full (bpbench_ws_queue_full_total),
 * the occupancy of connections (bpbench_queue_items and _max at ws.outbound), and outbound latency beside inbound time.
 */
import type { RelaySample, SystemSample } from '../../core/samples.ts';
import { counter, histogram, inSeconds, type Metric } from './exposition.ts';

export function relayMetrics({ relay }: SystemSample): Metric[] {
  return relay === undefined
    ? []
    : [...queueMetrics(relay), ...controlMetrics(relay), ...subscriptionMetrics(relay)];
}

function queueMetrics(relay: RelaySample): Metric[] {
  return [
    counter(
      'bpbench_ws_queue_full_total',
      'Sends that found the outbound queue full, whatever came of them.',
      relay.queueFull,
    ),
    counter('bpbench_ws_refused_total', 'Replies that were refused, and their sender told.', relay.refused),
    counter('bpbench_ws_retried_total', 'Sends that were tried again.', relay.retried),
    histogram(
      'bpbench_ws_inbound_seconds',
      'Time from the reading of a message to the end of its chain.',
      inSeconds(relay.inboundMs),
    ),
    histogram(
      'bpbench_ws_outbound_seconds',
      'Time from the queueing of a message to its hand-over to the kernel.',
      inSeconds(relay.outboundMs),
    ),
  ];
}

function controlMetrics(relay: RelaySample): Metric[] {
  return [
    counter('bpbench_ws_pings_total', 'Pings received.', relay.pings),
    counter('bpbench_ws_pongs_total', 'Pongs sent.', relay.pongs),
    counter('bpbench_ws_pongs_replaced_total', 'Pongs that a later one replaced.', relay.pongsReplaced),
    counter('bpbench_ws_ended_total', 'Connections that were ended, by reason.', [
      { labels: { reason: 'send-timeout' }, value: relay.endedBySendTimeout },
      { labels: { reason: 'silence' }, value: relay.endedBySilence },
      { labels: { reason: 'age' }, value: relay.endedByAge },
    ]),
  ];
}

function subscriptionMetrics(relay: RelaySample): Metric[] {
  return [
    counter('bpbench_ws_feeds_ended_total', 'Subscriptions without live events for ever, by reason.', [
      { labels: { reason: 'full' }, value: relay.feedsKilled },
      { labels: { reason: 'lag' }, value: relay.feedsEndedByLag },
    ]),
    counter('bpbench_ws_lags_total', 'Times that the ring lapped a subscription.', relay.lags),
    counter('bpbench_ws_missed_total', 'Events that subscriptions had not taken then.', relay.missed),
    counter('bpbench_ws_histories_total', 'Requests for history.', relay.histories),
    counter('bpbench_ws_history_events_total', 'Stored events sent.', relay.historyEvents),
    counter('bpbench_ws_history_truncated_total', 'Stored events left out.', relay.historyTruncated),
  ];
}
