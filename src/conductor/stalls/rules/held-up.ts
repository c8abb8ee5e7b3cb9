/**
 * The load waits at the front of a path, producers wait inside, and nothing comes out: who holds it up? Where the line
 * of waits ends at a peer, or at a sink that has been handed something and does not finish, that one does; where
 * nobody has anything in hand, a wake-up was lost.
 */
import {
  BOUNDARIES,
  BOUNDARY_NAMES,
  type BoundaryName,
  PATHS,
  type PathName,
} from '../../../core/boundary.ts';
import type { ClientGroup } from '../../../core/plan.ts';
import type { LoadSample, SystemSample, WaitSample } from '../../../core/samples.ts';
import { formatCount, formatDurationMs } from '../../../core/units.ts';
import { isPeer, MEMORY, pathOfName } from '../../../core/wait-names.ts';
import { countEnded, type Evidence, type StallRule, type StallSettings, type Symptom } from '../evidence.ts';
import { Standstill } from '../standstill.ts';
import { followWaits, isHolder, type WaitChain } from '../wait-cycles.ts';
import { describeWaits, toWaitsFor } from '../wait-words.ts';

/** Where the load hands work to a path. */
interface Front {
  readonly path: PathName;
  readonly kind: 'publish' | 'requests';
  readonly standstill: Standstill;
}

export class HeldUpRule implements StallRule {
  readonly #settings: StallSettings;
  readonly #groups: readonly Pick<ClientGroup, 'name' | 'path'>[];
  readonly #fronts: readonly Front[];
  /** The last moment at which a phase was being played: what stands still after that only drains. */
  #lastLoadMs = Number.NEGATIVE_INFINITY;

  constructor(settings: StallSettings, groups: readonly Pick<ClientGroup, 'name' | 'path'>[]) {
    this.#settings = settings;
    this.#groups = groups;
    const front = (path: PathName, kind: Front['kind']): Front => ({
      path,
      kind,
      standstill: new Standstill(),
    });
    this.#fronts = [
      front('sse', 'publish'),
      front('ws', 'publish'),
      front('ws', 'requests'),
      front('proxy', 'requests'),
    ];
  }

  look({ tMs, system, load }: Evidence): Symptom[] {
    if (system === null || load === null) return [];
    if (load.phase !== null) this.#lastLoadMs = tMs;
    const symptoms = PATHS.flatMap((path) => {
      const since = this.#fronts
        .filter((front) => front.path === path)
        .map((front) => this.#note(front, tMs, system, load))
        .filter((sinceMs) => sinceMs !== undefined);
      const startedMs = Math.min(...since);
      const isLong = tMs - startedMs >= this.#settings.patienceMs[path];
      if (since.length === 0 || !isLong || startedMs > this.#lastLoadMs) return [];
      return this.#toSymptom(path, startedMs, tMs, system) ?? [];
    });
    return symptoms.filter(({ key }, at) => symptoms.findIndex((other) => other.key === key) === at);
  }

  restart(): void {
    for (const { standstill } of this.#fronts) standstill.restart();
  }

  #note({ path, kind, standstill }: Front, tMs: number, system: SystemSample, load: LoadSample) {
    let received = 0;
    let pending = 0;
    let served = 0;
    for (const { name } of this.#groups.filter((group) => group.path === path)) {
      const group = load.groups[name];
      if (group === undefined) continue;
      received += group.received;
      pending += group.pending;
    }
    if (kind === 'publish') ({ pending, accepted: served } = load.publish);
    const progress = served + received + sum(namesOf(path), (name) => endedAt(system, name));
    const isHeld =
      findHeld(path, system).length > 0 ||
      sum(namesOf(path), (name) => system.boundaries[name]?.waiters ?? 0) > 0;
    return standstill.note(tMs, progress, pending > 0 && isHeld);
  }

  #toSymptom(path: PathName, startedMs: number, tMs: number, system: SystemSample): Symptom | undefined {
    const waits = system.waits ?? [];
    const held = findHeld(path, system);
    const told =
      held.length > 0 ? held : waits.filter((wait) => isHolder(wait) && pathOfName(wait.who) === path);
    const chains = told.map((wait) => followWaits(wait, waits));
    const open = chains.filter((chain) => chain.end !== undefined);
    if (chains.length > 0 && open.length === 0) return undefined; // they wait for each other, and a cycle says so, or for the store
    const chain = open.find(({ end }) => isPeer(end as string)) ?? open[0];
    const boundary = findBoundary(path, chain, system);
    const isHanded = boundary !== null && (system.boundaries[boundary]?.ledger.inFlight ?? 0) > 0;
    const isZeroWindow = isHanded || isPeer(chain?.end ?? '');
    return {
      // What holds the publisher itself shows on every path that it serves.
      key: boundary === null ? `held up by ${chain?.end}` : `held up ${path}`,
      startedMs,
      class: isZeroWindow ? 'zero-window' : 'lost-wake-up',
      boundary,
      path: boundary === null ? pathOfName(chain?.waits[0]?.who ?? '') : path,
      summary: `nothing went on at ${path} for ${formatDurationMs(Math.round(tMs - startedMs))} though work was waiting: ${describeHold(boundary, chain, isZeroWindow, system)}`,
      waitsFor: toWaitsFor(chain?.waits ?? []),
      cycle: [],
    };
  }
}

/** Output lines of the program are none of the requests' way. */
function namesOf(path: PathName): BoundaryName[] {
  return BOUNDARY_NAMES.filter((name) => BOUNDARIES[name].path === path && name !== 'proxy.output');
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function endedAt(system: SystemSample, name: BoundaryName): number {
  const boundary = system.boundaries[name];
  return boundary === undefined ? 0 : countEnded(boundary);
}

/**
 * Who is held up on the path: those who wait at its boundaries, and where there are none those who wait for something
 * else, such as memory. Who is of no path, such as the publisher, counts unless that leads to another path.
 */
function findHeld(path: PathName, { waits = [] }: SystemSample): readonly WaitSample[] {
  const held = waits.filter((wait) => !isHolder(wait));
  const own = held.filter(({ boundary }) => boundary !== null && BOUNDARIES[boundary].path === path);
  if (own.length > 0) return own;
  return held.filter((wait) => {
    if (wait.boundary !== null) return false;
    const own = pathOfName(wait.who);
    return own === null
      ? followWaits(wait, waits).waits.every(({ boundary }) => boundary === null)
      : own === path;
  });
}

/** The last boundary on the way to whoever holds it up. */
function findBoundary(
  path: PathName,
  chain: WaitChain | undefined,
  system: SystemSample,
): BoundaryName | null {
  const last = chain?.waits.findLast((wait) => wait.boundary !== null)?.boundary;
  if (last !== undefined && last !== null) return last;
  const held = namesOf(path).filter((name) => (system.boundaries[name]?.waiters ?? 0) > 0);
  return held.findLast((name) => (system.boundaries[name]?.ledger.inFlight ?? 0) > 0) ?? held.at(-1) ?? null;
}

function describeHold(
  boundary: BoundaryName | null,
  chain: WaitChain | undefined,
  isZeroWindow: boolean,
  system: SystemSample,
): string {
  if (chain !== undefined) {
    const end = chain.end as string;
    if (end === MEMORY) return `${describeWaits(chain.waits)}, and nobody gives any back`;
    const why = isPeer(end)
      ? 'takes nothing'
      : isZeroWindow
        ? 'has not finished what it has in hand'
        : 'waits for nothing and does not move';
    return `${describeWaits(chain.waits)}; ${end} ${why}`;
  }
  const sample = boundary === null ? undefined : system.boundaries[boundary];
  if (sample === undefined) return 'who holds it up is not told';
  const { ledger, waiters } = sample;
  const held = `${countOf(waiters, 'offer')} waiting for room in ${boundary}`;
  if (!isZeroWindow) return `${held}, where ${countOf(ledger.queued, 'item')} stood and nobody took one`;
  const who = BOUNDARIES[boundary as BoundaryName].scope === 'client' ? 'clients took' : 'consumer finished';
  return `${held}, whose ${who} nothing of what was handed over (${countOf(ledger.inFlight, 'item')})`;
}

function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
