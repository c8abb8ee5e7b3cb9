/** P17: notices, in virtual time, that nobody gets on although everybody wants to. */
import { NS_PER_SEC, type VirtualClock } from '../../src/core/clock.ts';

/** Somebody who may have to wait for somebody else. */
export interface Party {
  readonly name: string;
  /** For whom it waits now, by name; `undefined` while it can get on, or wants nothing. */
  waitsFor(): string | undefined;
}

const LIMIT_NS = NS_PER_SEC;
const STEP_NS = NS_PER_SEC / 10;

/**
 * Lets time pass until a second has gone by without `progress` changing while parties wait: then the answer
 * is who waits for whom. `undefined` when nobody waits any more.
 */
export async function findStall(
  clock: VirtualClock,
  parties: readonly Party[],
  progress: () => number,
): Promise<string | undefined> {
  let last = progress();
  let sinceNs = clock.nowNs();
  for (;;) {
    await settle();
    if (progress() !== last) {
      last = progress();
      sinceNs = clock.nowNs();
    }
    const waiting = parties.flatMap((party) => party.waitsFor() ?? []);
    if (waiting.length === 0) return undefined;
    if (clock.nowNs() - sinceNs >= LIMIT_NS) return `nobody got on for 1 s: ${describe(parties)}`;
    clock.advanceNs(STEP_NS);
  }
}

/** Every promise that can settle without time has had its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) await null;
}

/** A cycle if there is one, else each wait by itself. */
function describe(parties: readonly Party[]): string {
  const edges = new Map(parties.map((party) => [party.name, party.waitsFor()]));
  for (const { name } of parties) {
    const path = [name];
    for (let next = edges.get(name); next !== undefined; next = edges.get(next)) {
      if (next === name) return [...path, name].join(' → ');
      if (path.includes(next)) break;
      path.push(next);
    }
  }
  return [...edges].flatMap(([name, other]) => (other === undefined ? [] : `${name} → ${other}`)).join(', ');
}
