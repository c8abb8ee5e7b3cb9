/** Items are queued, their consumer has nothing in hand, nobody waits for anything, and still nobody takes one. */
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName, type PathName } from '../../../core/boundary.ts';
import type { SystemSample, WaitSample } from '../../../core/samples.ts';
import { formatCount, formatDurationMs } from '../../../core/units.ts';
import { pathOfName } from '../../../core/wait-names.ts';
import { countEnded, type Evidence, type StallRule, type StallSettings, type Symptom } from '../evidence.ts';
import { Standstill } from '../standstill.ts';

export class IdleQueueRule implements StallRule {
  readonly #settings: StallSettings;
  readonly #standstills = new Map<BoundaryName, Standstill>(
    BOUNDARY_NAMES.map((name) => [name, new Standstill()]),
  );

  constructor(settings: StallSettings) {
    this.#settings = settings;
  }

  look({ tMs, system }: Evidence): Symptom[] {
    if (system === null) return [];
    return BOUNDARY_NAMES.flatMap((name): Symptom[] => {
      const boundary = system.boundaries[name];
      const standstill = this.#standstills.get(name);
      if (boundary === undefined || standstill === undefined) return [];
      const { path } = BOUNDARIES[name];
      const { queued, inFlight } = boundary.ledger;
      const isIdle =
        queued > 0 && inFlight === 0 && !this.#settings.holding.has(name) && !isAnybodyWaiting(path, system);
      const startedMs = standstill.note(tMs, countEnded(boundary), isIdle);
      if (startedMs === undefined || tMs - startedMs < this.#settings.patienceMs[path]) return [];
      return [
        {
          key: `idle ${name}`,
          startedMs,
          class: 'lost-wake-up',
          boundary: name,
          path,
          summary: `${formatCount(queued)} items stood in ${name} for ${formatDurationMs(Math.round(tMs - startedMs))} and nobody took one, though nobody was waiting for anything`,
          waitsFor: [],
          cycle: [],
        },
      ];
    });
  }

  restart(): void {
    for (const standstill of this.#standstills.values()) standstill.restart();
  }
}

/** `null` where it may be any, as for the publisher, which serves several. */
function pathOf({ who, boundary }: WaitSample): PathName | null {
  return boundary === null ? pathOfName(who) : BOUNDARIES[boundary].path;
}

/** Whoever should take may be held up elsewhere: that is another rule's. */
function isAnybodyWaiting(path: PathName, { waits = [], boundaries }: SystemSample): boolean {
  return (
    waits.some((wait) => (pathOf(wait) ?? path) === path) ||
    BOUNDARY_NAMES.some((name) => BOUNDARIES[name].path === path && (boundaries[name]?.waiters ?? 0) > 0)
  );
}
