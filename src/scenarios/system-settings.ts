/** From the `system` map of a checked document to the system's settings. */
import type { InterceptRule, SystemSettings } from '../core/plan.ts';
import { buildFeeds } from './feed-schema.ts';
import type { RuleDocument } from './intercept-schema.ts';
import { buildRelay } from './relay-schema.ts';
import type { SystemDocument } from './system-schema.ts';

const DEFAULT_TASKS_PER_CONNECTION = 3;

export function buildSystemSettings(system: SystemDocument): SystemSettings {
  const { resources, consumer, upstream, lifecycle, forward, intercept, recorder, program, origin } = system;
  return {
    resources: {
      maxConnections: resources.maxConnections,
      maxMemoryBytes: resources.maxMemory,
      maxTasks: resources.maxTasks ?? DEFAULT_TASKS_PER_CONNECTION * resources.maxConnections,
    },
    consumer: {
      serviceTimeMs: consumer.serviceTime,
      freezeMs: consumer.freeze,
      freezeEveryMs: consumer.freezeEvery,
      ticks: consumer.ticks,
      tickCostMs: consumer.tickCost,
    },
    upstream: {
      connections: upstream.connections,
      reuse: upstream.reuse,
      acquireTimeoutMs: upstream.acquireTimeout,
      connectTimeoutMs: upstream.connectTimeout,
      headTimeoutMs: upstream.headTimeout,
      idleTimeoutMs: upstream.idleTimeout,
      lifetimeMs: upstream.lifetime,
    },
    lifecycle: {
      previewBytes: lifecycle.preview,
      finishBlocksResponse: lifecycle.finishBlocksResponse,
      dropBy: lifecycle.dropBy,
      output: lifecycle.output,
      requests: lifecycle.requests,
      stopPath: lifecycle.stopPath,
    },
    forward: {
      connect: forward.connect,
      nonTls: forward.nonTls,
      allowHosts: forward.allowHosts,
      upstreamCa: forward.upstreamCa,
      insecureHosts: forward.insecureHosts,
      idleTimeoutMs: forward.idleTimeout,
    },
    intercept: {
      rules: intercept.rules.map(toRule),
      wait: intercept.wait,
      workers: intercept.workers,
      stream: intercept.stream,
      keepAliveMs: intercept.keepAlive,
      dedupeIds: intercept.dedupeIds,
      reconnect: {
        attempts: intercept.reconnect.attempts,
        firstMs: intercept.reconnect.first,
        maxMs: intercept.reconnect.max,
        jitter: intercept.reconnect.jitter,
      },
    },
    recorder: { mode: recorder.mode, writeMs: recorder.write },
    program,
    ...buildFeeds(system),
    ws: buildRelay(system.ws),
    origin: { serviceTimeMs: origin.serviceTime, bodyBytes: origin.body },
  };
}

/** What a rule does not say stays away, rather than being there and `undefined`. */
function toRule({ delay, ...rest }: RuleDocument): InterceptRule {
  const given = Object.entries({ ...rest, delayMs: delay }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as InterceptRule;
}
