/** From a checked document to a plan: defaults, what phases inherit, shares, scaling. */
import { BOUNDARIES, BOUNDARY_NAMES, type PathName } from '../core/boundary.ts';
import type { Arrivals, ClientGroup, Phase, ScenarioPlan } from '../core/plan.ts';
import { drawSeed } from '../core/random.ts';
import type { ArrivalModel, ArrivalsSpec } from './fields.ts';
import { phaseName, toCheckSpec } from './rules.ts';
import {
  countConnections,
  type PhaseConnections,
  type ScalingProblem,
  scaleConnections,
  scaleDurations,
  scaleRates,
} from './scale.ts';
import type { ClientDocument, PhaseDocument, ScenarioDocument } from './schema.ts';
import { buildSystemSettings } from './system-settings.ts';

export interface PlanScaling {
  /** `-d`: length of all phases together. */
  readonly durationMs?: number;
  /** `-r`: peak publish rate (or request rate) of the busiest phase. */
  readonly ratePerSec?: number;
  /** `-c`: total of the largest phase. */
  readonly connections?: number;
}

const DEFAULT_FIRST_CONNECTIONS = 10;
const DEFAULT_EVENT_BYTES = 512;
/** Bytes of a request or message when the group says nothing. */
const DEFAULT_REQUEST_BYTES: Record<PathName, number> = { sse: 0, ws: 128, proxy: 0 };

export function buildPlan(
  document: ScenarioDocument,
  scaling: PlanScaling,
  defaultName: string,
): ScenarioPlan | ScalingProblem {
  const shares = resolveShares(document.clients);
  const groupNames = document.clients.map((client) => client.name);
  const first = Math.max(DEFAULT_FIRST_CONNECTIONS, document.clients.length);
  const counted = countConnections(
    document.phases.map((phase) => phase.connections),
    groupNames,
    shares,
    first,
  );
  const connections = scaleConnections(counted, scaling.connections);
  if ('option' in connections) return connections;
  const durations = scaleDurations(
    document.phases.map((phase) => phase.duration),
    scaling.durationMs,
  );
  if ('option' in durations) return durations;
  const phases = resolvePhases(document, connections, durations);
  const rated = scaleRates(phases, scaling.ratePerSec);
  if ('option' in rated) return rated;
  return {
    name: document.name ?? defaultName,
    description: document.description,
    boundary: resolveBoundary(document),
    system: buildSystemSettings(document.system),
    events: {
      keys: document.events.keys,
      flows: document.events.flows,
      criticalShare: document.events.critical,
      sheddableShare: document.events.sheddable,
    },
    ...settleArrivals(document.clients, shares, rated),
    checks: document.checks.map(toCheckSpec),
    seed: document.seed ?? drawSeed(),
    graceMs: document.grace,
    stallAfterMs: document.stallAfter,
  };
}

/** Groups without a share split evenly what the others leave. */
function resolveShares(clients: readonly ClientDocument[]): number[] {
  const given = clients.reduce((sum, client) => sum + (client.share ?? 0), 0);
  const open = clients.filter((client) => client.share === undefined).length;
  return clients.map((client) => client.share ?? Math.max(0, 1 - given) / open);
}

function resolveBoundary(document: ScenarioDocument): ScenarioPlan['boundary'] {
  if (document.boundary !== undefined) return [...new Set([document.boundary].flat())];
  const paths = new Set(document.clients.map((client) => client.path));
  return BOUNDARY_NAMES.filter(
    (boundary) => BOUNDARIES[boundary].isDefault && paths.has(BOUNDARIES[boundary].path),
  );
}

/** A phase whose `arrivals` name every group with work, whether or not the group's own rate says the same. */
function resolvePhases(
  document: ScenarioDocument,
  connections: readonly PhaseConnections[],
  durations: readonly number[],
): Phase[] {
  let publish: Arrivals | null = null;
  let eventBytes = DEFAULT_EVENT_BYTES;
  const base = new Map(
    document.clients.map((client) => [client.name, toArrivals(client.rate, client.arrivals)]),
  );
  const current = new Map(base);
  return document.phases.map((phase, index) => {
    eventBytes = phase.event ?? eventBytes;
    publish = phase.publish === undefined ? continued(publish, null) : toArrivals(phase.publish, 'poisson');
    const counts = connections[index] as PhaseConnections;
    const arrivals: Record<string, Arrivals> = {};
    for (const client of document.clients) {
      const { name } = client;
      const own = base.get(name) ?? null;
      const before = current.get(name) ?? null;
      const written = phase.rate?.[name];
      // After a single burst the group's own rate is back; if that is the burst, it comes again.
      const inherited = continued(before, own);
      const now = written === undefined ? inherited : toArrivals(written, client.arrivals);
      current.set(name, now);
      // Nobody is there to send anything.
      if (now !== null && (counts[name] ?? 0) > 0) arrivals[name] = now;
    }
    return {
      name: phaseName(phase, index),
      durationMs: durations[index] as number,
      connections: counts,
      arrive: phase.arrive,
      publish,
      eventBytes,
      arrivals,
      measured: isMeasured(phase),
    };
  });
}

/** What goes on in the next phase: a ramp stays at its end; after a single burst it is `otherwise`. */
function continued(arrivals: Arrivals | null, otherwise: Arrivals | null): Arrivals | null {
  if (arrivals === null) return null;
  if (arrivals.model === 'burst') return arrivals.everyMs === null ? otherwise : arrivals;
  return { ...arrivals, fromPerSec: arrivals.toPerSec };
}

function toArrivals(spec: ArrivalsSpec | undefined, model: ArrivalModel): Arrivals | null {
  if (spec === undefined || spec === 'none') return null;
  if (spec.model === 'burst') return spec;
  return { ...spec, model: spec.model ?? model };
}

function isMeasured(phase: PhaseDocument): boolean {
  return phase.measured ?? phase.name !== 'warmup';
}

/** Moves what a group does alike in every phase from the phases to the group: the shorter plan that says the same. */
function settleArrivals(
  clients: readonly ClientDocument[],
  shares: readonly number[],
  phases: readonly Phase[],
): Pick<ScenarioPlan, 'clients' | 'phases'> {
  const steady = new Map<string, Arrivals>();
  for (const { name } of clients) {
    const first = phases[0]?.arrivals[name];
    const isSteady = phases.every((phase) => JSON.stringify(phase.arrivals[name]) === JSON.stringify(first));
    if (first !== undefined && isSteady) steady.set(name, first);
  }
  const groups = clients.map(
    (client, index): ClientGroup => ({
      name: client.name,
      path: client.path,
      share: shares[index] as number,
      via: client.via,
      readBytesPerSec: client.read,
      deadlineMs: client.deadline,
      arrivals: steady.get(client.name) ?? null,
      requestBytes: client.body ?? DEFAULT_REQUEST_BYTES[client.path],
    }),
  );
  const rest = phases.map((phase) => ({
    ...phase,
    arrivals: Object.fromEntries(Object.entries(phase.arrivals).filter(([name]) => !steady.has(name))),
  }));
  return { clients: groups, phases: rest };
}
