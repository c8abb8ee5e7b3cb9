/** Which phases of a plan ask the same of the system from their first second to their last. */
import type { Arrivals, Phase, ScenarioPlan } from '../core/plan.ts';
import { MSER_VALUES_MIN } from '../statistics/mser.ts';

/** One measured phase, or several in a row that differ in nothing but their names. */
export interface SteadyPhase {
  readonly name: string;
  /** In the plan: of its first phase, and of its last one. */
  readonly first: number;
  readonly last: number;
  /** From its start until all its connections are open. */
  readonly openedAfterMs: number;
  /** Whole seconds from then on, 40 at least. */
  readonly seconds: number;
  /** Groups with work that read at full speed: what fills up behind a slow reader is no warm-up. */
  readonly groups: readonly string[];
  /** What the same load before it lasts, not measured; `null` where another load comes before. */
  readonly warmUpMs: number | null;
}

/** Measured phases with a constant load of 40 s at least: no ramps, no bursts, and nobody who connects meanwhile. */
export function findSteadyPhases({
  phases,
  clients,
}: Pick<ScenarioPlan, 'phases' | 'clients'>): SteadyPhase[] {
  const found: SteadyPhase[] = [];
  const loads = phases.map((phase) => loadOf(phase, clients));
  for (let first = 0; first < phases.length; first++) {
    const phase = phases[first] as Phase;
    if (!phase.measured) continue;
    let last = first;
    while (phases[last + 1]?.measured === true && loads[last + 1] === loads[first]) last++;
    const opensEvenly = phase.arrive === 'even' && hasNewConnections(phase, phases[first - 1]);
    const openedAfterMs = opensEvenly ? phase.durationMs / 2 : 0;
    const lengthMs = phases.slice(first, last + 1).reduce((sum, { durationMs }) => sum + durationMs, 0);
    const seconds = Math.floor((lengthMs - openedAfterMs) / 1000);
    const groups = clients
      .filter(({ name, readBytesPerSec }) => readBytesPerSec === null && (phase.connections[name] ?? 0) > 0)
      .map(({ name }) => name);
    const isConstant = arrivalsOf(phase, clients).every(isSteady);
    const names = [...new Set([phase.name, (phases[last] as Phase).name])];
    if (isConstant && seconds >= MSER_VALUES_MIN && groups.length > 0) {
      const before = phases.slice(0, first);
      const isOneLoad = loads.slice(0, first).every((load) => load === loads[first]);
      const warmUpMs = isOneLoad ? before.reduce((sum, { durationMs }) => sum + durationMs, 0) : null;
      found.push({ name: names.join(' to '), first, last, openedAfterMs, seconds, groups, warmUpMs });
    }
    first = last;
  }
  return found;
}

function arrivalsOf(
  { publish, arrivals }: Phase,
  clients: ScenarioPlan['clients'],
): readonly (Arrivals | null)[] {
  return [publish, ...clients.map((client) => arrivals[client.name] ?? client.arrivals)];
}

function isSteady(arrivals: Arrivals | null): boolean {
  return arrivals === null || (arrivals.model !== 'burst' && arrivals.fromPerSec === arrivals.toPerSec);
}

function hasNewConnections({ connections }: Phase, before: Phase | undefined): boolean {
  return Object.entries(connections).some(([name, count]) => count !== (before?.connections[name] ?? 0));
}

/** Equal for phases that ask the same. */
function loadOf(phase: Phase, clients: ScenarioPlan['clients']): string {
  const { connections, publish, eventBytes } = phase;
  const perGroup = clients.map(({ name }) => connections[name] ?? 0);
  return JSON.stringify([perGroup, arrivalsOf(phase, clients), publish === null ? 0 : eventBytes]);
}
