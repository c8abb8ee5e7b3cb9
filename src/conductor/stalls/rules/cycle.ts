/** Somebody waits, in the end, for himself. One connection that does so counts, although all others go on. */
import { BOUNDARIES } from '../../../core/boundary.ts';
import type { WaitSample } from '../../../core/samples.ts';
import type { Evidence, StallRule, Symptom } from '../evidence.ts';
import { findWaitCycles, type WaitCycle } from '../wait-cycles.ts';
import { describeWaits, toWaitsFor } from '../wait-words.ts';

/** No history is needed: a cycle that has closed cannot open by itself, and the waits tell how old they are. */
export class CycleRule implements StallRule {
  readonly #stallAfterMs: number;

  constructor(stallAfterMs: number) {
    this.#stallAfterMs = stallAfterMs;
  }

  look({ system }: Evidence): Symptom[] {
    if (system === null) return [];
    return findWaitCycles(system.waits ?? [])
      .filter(({ waits }) => ageOf(waits) >= this.#stallAfterMs)
      .map((cycle) => toSymptom(cycle, system.tMs));
  }

  restart(): void {}
}

/** Since the last of them began to wait, nobody has moved. */
function ageOf(waits: readonly WaitSample[]): number {
  return Math.min(...waits.map(({ ageMs }) => ageMs));
}

function toSymptom({ names, members, waits }: WaitCycle, tMs: number): Symptom {
  const inOrder = [...waits].sort((a, b) => names.indexOf(a.who) - names.indexOf(b.who));
  const boundary = waits.find((wait) => wait.boundary !== null)?.boundary ?? null;
  return {
    key: `cycle ${members.join(', ')}`,
    startedMs: tMs - ageOf(waits),
    class: 'cycle',
    boundary,
    path: boundary === null ? null : BOUNDARIES[boundary].path,
    summary: describeCycle(names, inOrder),
    waitsFor: toWaitsFor(inOrder),
    cycle: [...names],
  };
}

function describeCycle(names: readonly string[], waits: readonly WaitSample[]): string {
  const [first] = waits;
  if (names.length > 1 || first === undefined) return describeWaits(waits);
  return `${first.who} waits for ${first.what}, which only ${first.who} itself can bring about`;
}
