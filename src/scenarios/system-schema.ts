/** What a scenario sets of the system under test, as people write it. Defaults are `DEFAULT_SYSTEM_SETTINGS`. */
import * as z from 'zod';
import { DEFAULT_SYSTEM_SETTINGS } from '../core/plan.ts';
import { findIdleFeedSettings, projectionsSchema, sseSchema, storeSchema } from './feed-schema.ts';
import {
  count,
  duration,
  host,
  MAX_CONNECTIONS,
  memoryLimit,
  size,
  timeLimit,
  WHOLE_MESSAGE,
  writeBytes,
  writeDuration,
  yesOrNo,
} from './fields.ts';
import { interceptSchema } from './intercept-schema.ts';
import { relaySchema } from './relay-schema.ts';

/** Of one body and direction. All events together hold up to twice the queue's capacity of them. */
const MAX_PREVIEW_BYTES = 1024 * 1024;
const DEFAULTS = DEFAULT_SYSTEM_SETTINGS;

const resources = z
  .strictObject(
    {
      maxConnections: count(1, MAX_CONNECTIONS)
        .prefault(1000)
        .describe('Connections the system admits; the next one is refused with 503.'),
      maxMemory: memoryLimit()
        .prefault('none')
        .describe(
          'Bytes that all queues and unfinished writes may hold together, such as 100MB; none is no limit.',
        ),
      maxTasks: count(1, 10 * MAX_CONNECTIONS)
        .optional()
        .describe('Tasks that may run at once. Default: 3 for each of maxConnections.'),
    },
    { error: 'a map with maxConnections, maxMemory or maxTasks' },
  )
  .describe(
    'Limits of the system. The spellings max_connections, max_memory, max_memory_mb and max_tasks work too.',
  );

const consumer = z
  .strictObject(
    {
      serviceTime: duration()
        .prefault(writeDuration(DEFAULTS.consumer.serviceTimeMs))
        .describe('Time the one consumer of proxy.events takes for an event.'),
      freeze: duration()
        .prefault(writeDuration(DEFAULTS.consumer.freezeMs))
        .describe('It stands still for this time once every freezeEvery.'),
      freezeEvery: duration()
        .prefault(writeDuration(DEFAULTS.consumer.freezeEveryMs))
        .describe('From one standstill to the next; 0 for none.'),
      ticks: z
        .enum(['one', 'per-event'])
        .prefault(DEFAULTS.consumer.ticks)
        .describe(
          'Redraws while a request is pending: one chain of them (one), or one more for every event that comes meanwhile (per-event, as found).',
        ),
      tickCost: duration()
        .prefault(writeDuration(DEFAULTS.consumer.tickCostMs))
        .describe('Work of one redraw.'),
    },
    { error: 'a map with serviceTime, freeze, freezeEvery, ticks or tickCost' },
  )
  .superRefine(({ freeze, freezeEvery }, context) => {
    if (freeze > 0 && freezeEvery === 0) {
      const message = 'freeze needs freezeEvery: from one standstill to the next, such as 5s';
      context.addIssue({ code: 'custom', message, path: ['freeze'], params: WHOLE_MESSAGE });
    } else if (freeze > 0 && freezeEvery <= freeze) {
      const message = 'freezeEvery to be more than freeze: else it never works';
      context.addIssue({ code: 'custom', message, path: ['freezeEvery'] });
    }
  })
  .describe("The consumer of the proxies' lifecycle events.");

const upstream = z
  .strictObject(
    {
      connections: count(1, MAX_CONNECTIONS)
        .prefault(DEFAULTS.upstream.connections)
        .describe('Requests that the reverse proxy forwards at a time; the others wait at proxy.requests.'),
      reuse: z
        .enum(['keep-alive', 'none'])
        .prefault(DEFAULTS.upstream.reuse)
        .describe('A pool of connections (keep-alive), or a new one for each request (none, as found).'),
      acquireTimeout: timeLimit()
        .prefault('none')
        .describe('How long a request may wait for its turn, then 503; none for as long as it takes.'),
      connectTimeout: duration(1)
        .prefault(writeDuration(DEFAULTS.upstream.connectTimeoutMs))
        .describe('How long a connection may take to be made, then 504.'),
      headTimeout: timeLimit()
        .prefault('none')
        .describe('From the end of a request to the head of its answer, then 504; none for no limit.'),
      idleTimeout: duration(1)
        .prefault(writeDuration(DEFAULTS.upstream.idleTimeoutMs))
        .describe('An unused connection is closed after this time.'),
      lifetime: duration(1)
        .prefault(writeDuration(DEFAULTS.upstream.lifetimeMs))
        .describe('A connection is not used again after this time.'),
    },
    {
      error:
        'a map with connections, reuse, acquireTimeout, connectTimeout, headTimeout, idleTimeout or lifetime',
    },
  )
  .describe('Connections of the proxies to what is behind them.');

const lifecycle = z
  .strictObject(
    {
      preview: size(0, MAX_PREVIEW_BYTES)
        .prefault(writeBytes(DEFAULTS.lifecycle.previewBytes))
        .describe(
          'Bytes of a displayable body that events carry, per direction; 64KiB as found, 0 for none.',
        ),
      finishBlocksResponse: yesOrNo()
        .prefault(DEFAULTS.lifecycle.finishBlocksResponse)
        .describe('A short answer leaves only once its end has been told, as found.'),
      dropBy: z
        .enum(['event', 'request'])
        .prefault(DEFAULTS.lifecycle.dropBy)
        .describe(
          'What a strategy that drops gives up at proxy.events: single events, or both events of a request, so that none is shown as pending for ever.',
        ),
      output: z
        .enum(['shared', 'own'])
        .prefault(DEFAULTS.lifecycle.output)
        .describe(
          "The program's output goes through proxy.events (shared, as found) or through proxy.output (own).",
        ),
      requests: z
        .enum(['each', 'counters'])
        .prefault(DEFAULTS.lifecycle.requests)
        .describe(
          'Two events for each request, or increments under one key, which merge and coalesce add up (counters).',
        ),
      stopPath: z
        .enum(['as-found', 'bounded'])
        .prefault(DEFAULTS.lifecycle.stopPath)
        .describe('Whether stopping the program waits for its events to be taken (as-found), or for nobody.'),
    },
    { error: 'a map with preview, finishBlocksResponse, dropBy, output, requests or stopPath' },
  )
  .describe('What the proxies tell of each request.');

const CERTIFICATE_EXPECTED = 'certificates in PEM form (-----BEGIN CERTIFICATE-----)';

const forward = z
  .strictObject(
    {
      connect: z
        .enum(['tunnel', 'intercept'])
        .prefault(DEFAULTS.forward.connect)
        .describe(
          "What becomes of CONNECT: an opaque tunnel, or TLS that ends here under the proxy's own certificates.",
        ),
      nonTls: z
        .enum(['pass', 'close'])
        .prefault(DEFAULTS.forward.nonTls)
        .describe('What becomes of a tunnel to be intercepted that carries no TLS.'),
      allowHosts: z
        .array(host(), { error: 'a list of hosts' })
        .max(1000, { error: 'at most 1000 hosts' })
        .prefault([...DEFAULTS.forward.allowHosts])
        .describe('Hosts beside this machine that the proxies may connect to; names are exact.'),
      upstreamCa: z
        .string({ error: CERTIFICATE_EXPECTED })
        .includes('-----BEGIN CERTIFICATE-----', { error: CERTIFICATE_EXPECTED })
        .nullable()
        .prefault(DEFAULTS.forward.upstreamCa)
        .describe('Certificates of further authorities that upstream servers may have, in PEM form.'),
      insecureHosts: z
        .array(host(), { error: 'a list of hosts' })
        .max(1000, { error: 'at most 1000 hosts' })
        .prefault([...DEFAULTS.forward.insecureHosts])
        .describe('Hosts whose certificates are not verified.'),
      idleTimeout: duration(1)
        .prefault(writeDuration(DEFAULTS.forward.idleTimeoutMs))
        .describe('A tunnel through which nothing goes for this time is closed.'),
    },
    { error: 'a map with connect, nonTls, allowHosts, upstreamCa, insecureHosts or idleTimeout' },
  )
  .describe('The forward proxy.');

const recorder = z
  .strictObject(
    {
      mode: z
        .enum(['off', 'inline', 'async'])
        .prefault(DEFAULTS.recorder.mode)
        .describe('inline, as found: every request waits for two writes. async: behind a queue of its own.'),
      write: duration()
        .prefault(writeDuration(DEFAULTS.recorder.writeMs))
        .describe('Time that one write takes.'),
    },
    { error: 'a map with mode or write' },
  )
  .describe('What the reverse proxy writes down of each request.');

const PROGRAM_EXPECTED = 'none, or a map with command and args';
const COMMAND_EXPECTED = 'the name or path of a program';

const program = z
  .union(
    [
      z.null(),
      z
        .string()
        .refine((text) => text === 'none', { error: PROGRAM_EXPECTED })
        .transform(() => null),
      z.strictObject({
        command: z
          .string({ error: COMMAND_EXPECTED })
          .min(1, { error: COMMAND_EXPECTED })
          .describe('Name or path of the program; it is started without a shell.'),
        args: z
          .array(z.string({ error: 'a text' }), { error: 'a list of arguments' })
          .prefault([])
          .describe('Its arguments, one by one.'),
      }),
    ],
    { error: PROGRAM_EXPECTED },
  )
  .describe('A program that runs beside the proxy; its output lines are events. none for no program.');

const origin = z
  .strictObject(
    {
      serviceTime: duration()
        .prefault(writeDuration(DEFAULTS.origin.serviceTimeMs))
        .describe('Time the origin takes for a request.'),
      body: size().prefault(writeBytes(DEFAULTS.origin.bodyBytes)).describe('Bytes of one answer.'),
    },
    { error: 'a map with serviceTime or body' },
  )
  .describe('The service behind the reverse proxy.');

export const systemSchema = z
  .strictObject(
    {
      resources: resources.prefault({}),
      consumer: consumer.prefault({}),
      upstream: upstream.prefault({}),
      lifecycle: lifecycle.prefault({}),
      forward: forward.prefault({}),
      intercept: interceptSchema.prefault({}),
      recorder: recorder.prefault({}),
      program: program.prefault('none'),
      store: storeSchema.prefault({}),
      projections: projectionsSchema.prefault({}),
      sse: sseSchema.prefault({}),
      ws: relaySchema.prefault({}),
      origin: origin.prefault({}),
    },
    {
      error:
        'a map with resources, consumer, upstream, lifecycle, forward, intercept, recorder, program, store, projections, sse, ws or origin',
    },
  )
  .superRefine((system, context) => {
    for (const { path, message } of findIdleFeedSettings(system)) {
      context.addIssue({ code: 'custom', message, path, params: WHOLE_MESSAGE });
    }
  })
  .describe('What the scenario sets of the system under test.');

export type SystemDocument = z.output<typeof systemSchema>;
