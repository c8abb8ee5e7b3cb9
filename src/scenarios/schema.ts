/**
 * The scenario document as people write it. What the values mean together (shares, names in checks)
 * is in `rules.ts`; what a document becomes is in `resolve.ts`.
 */
import * as z from 'zod';
import { BOUNDARY_NAMES, PATHS } from '../core/boundary.ts';
import { DEFAULT_STALL_AFTER_MS } from '../core/plan.ts';
import {
  ARRIVAL_MODELS,
  arrivals,
  count,
  duration,
  MAX_CONNECTIONS,
  MIN_EVENT_BYTES,
  name,
  readingPace,
  share,
  size,
  writeDuration,
} from './fields.ts';
import { systemSchema } from './system-schema.ts';

const SCENARIO_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;
const SCENARIO_NAME_EXPECTED =
  'a name of letters, digits, - and _ (at most 60), as it names the result folder';

const events = z
  .strictObject(
    {
      keys: count(1, 10_000_000)
        .prefault(100)
        .describe('Events are about this many things, drawn evenly: what coalescing goes by.'),
      flows: count(1, 10_000_000)
        .prefault(8)
        .describe('Events come from this many senders, drawn evenly: what fair queueing goes by.'),
      critical: share().prefault('5%').describe('Share of events that must not be lost, class 0.'),
      sheddable: share()
        .prefault('45%')
        .describe('Share of events that may go first, class 2. The rest is normal, class 1.'),
    },
    { error: 'a map with keys, flows, critical or sheddable' },
  )
  .refine((mix) => mix.critical + mix.sheddable <= 1, {
    error: 'critical and sheddable together must not be above 100%',
  })
  .describe('What published events say of themselves, for strategies that go by key, flow or class.');

export const clientSchema = z.strictObject(
  {
    name: name().describe('Names the group in tables, checks and rates.'),
    path: z.enum(PATHS).describe('What these clients use.'),
    share: share()
      .optional()
      .describe(
        'Share of a phase’s connections. Groups without a share split what the others leave. Shares below 100 % together open fewer connections than the phase says.',
      ),
    read: readingPace()
      .prefault('full')
      .describe(
        'How fast one client reads its socket, such as 20KiB/s; full is as fast as it can, 0 never reads.',
      ),
    via: z
      .enum(['tcp', 'unix'])
      .prefault('tcp')
      .describe('unix: a Unix domain socket, whose small kernel buffers let pressure build within seconds.'),
    rate: arrivals()
      .optional()
      .describe(
        'Requests (proxy) or messages to be answered (ws) of the whole group. A burst comes in each phase.',
      ),
    arrivals: z
      .enum(ARRIVAL_MODELS)
      .prefault('poisson')
      .describe('Model of this group’s rates that name none.'),
    deadline: duration(0.001)
      .prefault('1s')
      .describe('Work within this time of its intended time is in time.'),
    body: size().optional().describe('Bytes of one request (default 0) or message (ws, default 128).'),
  },
  { error: 'a map with at least name and path' },
);

export const phaseSchema = z.strictObject(
  {
    name: name().optional().describe('Default: phase-1, phase-2 …'),
    duration: duration(1).describe('Length of the phase.'),
    connections: z
      .union([count(0, MAX_CONNECTIONS), z.record(z.string(), count(0, MAX_CONNECTIONS))], {
        error: `a number of connections from 0 to ${MAX_CONNECTIONS}, or a map from client group to number`,
      })
      .optional()
      .describe(
        'Open connections: a total that is split by share, or a map by group. Left out: as before (10 in the first phase).',
      ),
    arrive: z
      .enum(['at-once', 'even'])
      .prefault('even')
      .describe('New connections open at once at the start, or spread evenly over the first half.'),
    publish: arrivals()
      .optional()
      .describe(
        'Events published to every sse and ws client. Left out: as before (a ramp stays at its end, a single burst is over); none in the first phase.',
      ),
    event: size(MIN_EVENT_BYTES)
      .optional()
      .describe('Data bytes of one event. Left out: as before (512 in the first phase).'),
    rate: z
      .record(z.string(), arrivals(), { error: 'a map from client group to rate' })
      .optional()
      .describe('Rates of client groups from this phase on.'),
    measured: z
      .boolean({ error: 'true or false' })
      .optional()
      .describe('Whether latencies of this phase count. Default: true, false for a phase named warmup.'),
  },
  { error: 'a map with at least duration' },
);

const CHECK_EXPECTED = 'a check such as p99(sse fast) < 50ms';

export const checkSchema = z.union(
  [
    z.string(),
    z.strictObject({ name: z.string().min(1).max(200), expression: z.string() }, { error: CHECK_EXPECTED }),
  ],
  { error: CHECK_EXPECTED },
);

export const scenarioSchema = z
  .strictObject(
    {
      name: z
        .string({ error: SCENARIO_NAME_EXPECTED })
        .regex(SCENARIO_NAME, { error: SCENARIO_NAME_EXPECTED })
        .optional()
        .describe('Default: the name of the file.'),
      description: z
        .string({ error: 'a text' })
        .max(2000, { error: 'a text of at most 2000 characters' })
        .prefault('')
        .describe('What the scenario asks, in a sentence.'),
      boundary: z
        .union(
          [
            z.enum(BOUNDARY_NAMES),
            z.array(z.enum(BOUNDARY_NAMES)).min(1, { error: 'at least one boundary' }),
          ],
          { error: `one of ${BOUNDARY_NAMES.join(', ')}, or a list of them` },
        )
        .optional()
        .describe('Where --strategy applies. Default: the boundaries of the paths that clients use.'),
      system: systemSchema.prefault({}),
      events: events.prefault({}),
      clients: z
        .array(clientSchema, { error: 'a list of client groups' })
        .min(1, { error: 'at least one client group' })
        .max(100, { error: 'at most 100 client groups' })
        .describe('Populations of clients that behave alike.'),
      phases: z
        .array(phaseSchema, { error: 'a list of phases' })
        .min(1, { error: 'at least one phase' })
        .max(1000, { error: 'at most 1000 phases' })
        .describe('Played one after the other. What a phase leaves out stays as it was.'),
      checks: z
        .array(checkSchema, { error: 'a list of checks' })
        .max(1000, { error: 'at most 1000 checks' })
        .prefault([])
        .describe('What must hold for the run to pass.'),
      seed: count(0, 4_294_967_295)
        .optional()
        .describe('Same seed, same arrivals. Default: drawn and recorded.'),
      grace: duration().prefault('5s').describe('Longest wait for the queues to empty after the last phase.'),
      stallAfter: duration(100)
        .prefault(writeDuration(DEFAULT_STALL_AFTER_MS))
        .describe('No progress for this time while there is demand on both sides is a stall.'),
    },
    { error: 'a map with at least clients and phases' },
  )
  .describe('A bpbench scenario: who connects, how fast they read, what is published, and what must hold.');

/** A document with its units read and its defaults filled in. */
export type ScenarioDocument = z.output<typeof scenarioSchema>;
export type ClientDocument = ScenarioDocument['clients'][number];
export type PhaseDocument = ScenarioDocument['phases'][number];
/** What an author writes. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** Types a scenario for editors; returns it unchanged. */
export function defineScenario(scenario: ScenarioInput): ScenarioInput {
  return scenario;
}
