/**
 * Records that were written before the system had all of its present settings and boundaries: what they could
 * not say is filled in with the defaults, which is what held then.
 */
import { BOUNDARIES, type BoundaryName } from '../core/boundary.ts';
import { DEFAULT_STALL_AFTER_MS, DEFAULT_SYSTEM_SETTINGS } from '../core/plan.ts';

type Table = Record<string, unknown>;

/** What the first records say of the system; anything else of the settings came later. */
const { origin: _origin, consumer, upstream, ...tables } = DEFAULT_SYSTEM_SETTINGS;
const { serviceTimeMs: _serviceTimeMs, ...laterOfConsumer } = consumer;
const { connections: _connections, ...laterOfUpstream } = upstream;
/** Tables that were not there at all, and what came to those that were. There was no store to read from. */
const LATER_TABLES: Readonly<Table> = {
  ...tables,
  store: { ...tables.store, mode: 'none' },
  sse: { ...tables.sse, resume: 'none' },
};
const LATER_KEYS: Readonly<Record<string, object>> = { consumer: laterOfConsumer, upstream: laterOfUpstream };
const LATER_BOUNDARIES: readonly BoundaryName[] = [
  'proxy.output',
  'intercept.pending',
  'sse.bus',
  'ws.mailbox',
];

/**
 * `document` with the later settings and boundaries that it lacks; everything else as it is. Whatever is not of
 * the expected shape is left to the schema to refuse.
 */
export function completeRecord(document: object): object {
  const { scenario, strategy } = document as { scenario?: unknown; strategy?: unknown };
  return {
    feed: null,
    ...document,
    ...(isTable(scenario) && isTable(scenario['system'])
      ? {
          scenario: {
            stallAfterMs: DEFAULT_STALL_AFTER_MS,
            ...scenario,
            system: completeSystem(scenario['system']),
          },
        }
      : {}),
    ...(isTable(strategy) ? { strategy: completeStrategies(strategy) } : {}),
  };
}

function completeSystem(system: Table): Table {
  const complete: Table = { ...LATER_TABLES, ...system };
  for (const [name, later] of Object.entries(LATER_KEYS)) {
    const written = system[name];
    if (isTable(written)) complete[name] = { ...later, ...written };
  }
  return complete;
}

function completeStrategies(strategies: Table): Table {
  const complete: Table = { ...strategies };
  for (const name of LATER_BOUNDARIES) complete[name] ??= { text: BOUNDARIES[name].asFound, stages: [] };
  return complete;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
