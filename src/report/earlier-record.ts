/**
 * Records that were written before the system had all of its present settings and boundaries: what they could
 * not say is filled in with the defaults, which is what held then.
 */
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
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
const LATER_KEYS: Readonly<Record<string, object | null>> = {
  ...tables,
  consumer: laterOfConsumer,
  upstream: laterOfUpstream,
};
/** Counters of the relay that came later: what nobody counted did not happen then. */
const LATER_COUNTERS = { endedBySilence: 0 };
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
  const { scenario, strategy, feed } = document as Record<'scenario' | 'strategy' | 'feed', unknown>;
  return {
    ...withDefaults(document, { feed: null, cpu: { systemMs: null } }),
    ...(isTable(feed) && isTable(feed['relay'])
      ? { feed: { ...feed, relay: withDefaults(feed['relay'], LATER_COUNTERS) } }
      : {}),
    ...(isTable(scenario) && isTable(scenario['system'])
      ? {
          scenario: {
            ...withDefaults(scenario, { stallAfterMs: DEFAULT_STALL_AFTER_MS }),
            system: completeSystem(scenario['system']),
          },
        }
      : {}),
    ...(isTable(strategy) ? { strategy: completeStrategies(strategy) } : {}),
  };
}

/**
 * A comparison or a baseline with the settings and boundaries that came after it. Both are younger than the feeds, so
 * a missing setting means its default and nothing else: a baseline of last year can still be compared with.
 */
export function completeComparison(document: object): object {
  const { plan, arms } = document as { plan?: unknown; arms?: unknown };
  const scenario = isTable(plan) ? plan['scenario'] : undefined;
  const system = isTable(scenario) ? scenario['system'] : undefined;
  return {
    ...document,
    ...(isTable(plan) && isTable(scenario) && isTable(system)
      ? { plan: { ...plan, scenario: { ...scenario, system: completeTables(system) } } }
      : {}),
    ...(Array.isArray(arms) ? { arms: arms.map(completeArm) } : {}),
  };
}

function completeTables(system: Table): Table {
  const complete = withDefaults(system, DEFAULT_SYSTEM_SETTINGS);
  for (const [name, defaults] of Object.entries(DEFAULT_SYSTEM_SETTINGS)) {
    const written = complete[name];
    if (isTable(written) && isTable(defaults)) complete[name] = withDefaults(written, defaults);
  }
  return complete;
}

function completeArm(arm: unknown): unknown {
  if (!isTable(arm) || !isTable(arm['strategy'])) return arm;
  const asFound = Object.fromEntries(
    BOUNDARY_NAMES.map((name) => [name, { text: BOUNDARIES[name].asFound, stages: [] }]),
  );
  return { ...arm, strategy: withDefaults(arm['strategy'], asFound) };
}

function completeSystem(system: Table): Table {
  const complete = withDefaults(system, LATER_TABLES);
  for (const [name, later] of Object.entries(LATER_KEYS)) {
    const written = complete[name];
    if (isTable(written) && isTable(later)) complete[name] = withDefaults(written, later);
  }
  return complete;
}

function completeStrategies(strategies: Table): Table {
  const complete: Table = { ...strategies };
  for (const name of LATER_BOUNDARIES) complete[name] ??= { text: BOUNDARIES[name].asFound, stages: [] };
  return complete;
}

/** The keys of `table` stay in their order, so that a record of this version is written again as it was. */
function withDefaults(table: object, defaults: object): Table {
  const missing = Object.entries(defaults).filter(([key]) => !Object.hasOwn(table, key));
  return { ...table, ...Object.fromEntries(missing) };
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
