/**
 * What follows from who waits for whom. Somebody goes on when all of his waits are over; a wait is over when any one
 * of those that could end it does so. So a ring of waits alone proves nothing: one helper at work outside of it is
 * enough. Whoever is left once all those are taken away who can still be helped waits for ever.
 */
import type { WaitSample } from '../../core/samples.ts';
import { connectionOf, isPeer, MEMORY } from '../../core/wait-names.ts';

/** Waits by who waits. */
type Waiting = ReadonlyMap<string, readonly WaitSample[]>;

/** Those who wait for each other, and nobody else could help. */
export interface WaitCycle {
  /** Each waits for the next, the last one for the first; one name for somebody who waits for himself. */
  readonly names: readonly string[];
  /** Everybody who is in it, by name; more than `names` where several rings hang together. */
  readonly members: readonly string[];
  /** What keeps them there. */
  readonly waits: readonly WaitSample[];
}

export function findWaitCycles(waits: readonly WaitSample[]): WaitCycle[] {
  const waiting = groupByName(waits);
  const hopeless = findHopeless(waiting);
  const edges = new Map<string, string[]>();
  for (const name of hopeless) {
    const lasting = (waiting.get(name) ?? []).filter((wait) => lasts(wait, hopeless));
    edges.set(name, [...new Set(lasting.flatMap(({ freedBy }) => freedBy))]);
  }
  return findComponents(edges).map((members) => {
    const inside = new Set(members);
    return {
      names: findRing(members, inside, edges),
      members: [...members].sort(),
      waits: members
        .flatMap((name) => waiting.get(name) ?? [])
        .filter((wait) => lasts(wait, hopeless) && wait.freedBy.some((helper) => inside.has(helper))),
    };
  });
}

function groupByName(waits: readonly WaitSample[]): Waiting {
  return Map.groupBy(waits, ({ who }) => who);
}

/** The largest set of those who have a wait that only others of the set could end. */
function findHopeless(waiting: Waiting): Set<string> {
  const hopeless = new Set(waiting.keys());
  let before: number;
  do {
    before = hopeless.size;
    for (const [name, waits] of waiting)
      if (!waits.some((wait) => lasts(wait, hopeless))) hopeless.delete(name);
  } while (hopeless.size < before);
  return hopeless;
}

function lasts({ freedBy }: WaitSample, hopeless: ReadonlySet<string>): boolean {
  return freedBy.length > 0 && freedBy.every((helper) => hopeless.has(helper));
}

/** Strongly connected components that are a cycle (Tarjan 1972); the graph has at most a few hundred nodes. */
function findComponents(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const components: string[][] = [];
  const numbers = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const visit = (name: string): number => {
    const number = numbers.size;
    numbers.set(name, number);
    stack.push(name);
    onStack.add(name);
    let lowest = number;
    for (const next of edges.get(name) ?? []) {
      const known = numbers.get(next);
      if (known === undefined) lowest = Math.min(lowest, visit(next));
      else if (onStack.has(next)) lowest = Math.min(lowest, known);
    }
    if (lowest < number) return lowest;
    const component = stack.splice(stack.indexOf(name));
    for (const member of component) onStack.delete(member);
    if (component.length > 1 || (edges.get(name) ?? []).includes(name)) components.push(component);
    return lowest;
  };
  for (const name of edges.keys()) if (!numbers.has(name)) visit(name);
  return components;
}

/** The shortest ring through the first member. */
function findRing(
  members: readonly string[],
  inside: ReadonlySet<string>,
  edges: ReadonlyMap<string, readonly string[]>,
): string[] {
  const start = members[0] as string;
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const next of edges.get(name) ?? []) {
      if (next === start) return walkBack(name, start, cameFrom);
      if (!inside.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      queue.push(next);
    }
  }
  return [...members];
}

function walkBack(last: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const names: string[] = [];
  for (let name = last; name !== start; name = cameFrom.get(name) as string) names.unshift(name);
  return [start, ...names];
}

/** A line of waits from one wait on, the longest at each step, and where it ends. */
export interface WaitChain {
  readonly waits: readonly WaitSample[];
  /**
   * Who could end it all and waits for nothing himself; `memory` where nobody who holds some is known to wait;
   * `undefined` where it runs into itself or nobody is named.
   */
  readonly end: string | undefined;
}

/** A connection whose own peer takes nothing: it holds others up, and nobody but that peer holds it. */
export function isHolder({ who, freedBy }: WaitSample): boolean {
  return freedBy.some((name) => isPeer(name) && who.startsWith(`${connectionOf(name)} `));
}

export function followWaits(from: WaitSample, waits: readonly WaitSample[]): WaitChain {
  const waiting = groupByName(waits);
  const chain = [from];
  const seen = new Set([from.who]);
  for (let wait: WaitSample | undefined = from; wait !== undefined; ) {
    const idle = wait.freedBy.find((name) => !waiting.has(name));
    // Somebody at work inside may be the next to help; the peer is where it ends for certain.
    const end = wait.freedBy.find(isPeer) ?? idle;
    if (end !== undefined) return { waits: chain, end };
    if (wait.what === MEMORY) {
      // Whatever is queued holds some, on every path: the longest of those that nobody takes from.
      const holder: WaitSample | undefined = waits.find(isHolder);
      if (holder === undefined) return { waits: chain, end: MEMORY };
      wait = holder;
      chain.push(holder);
      continue;
    }
    const next: string | undefined = wait.freedBy.find((name) => !seen.has(name));
    if (next === undefined) break;
    seen.add(next);
    wait = waiting.get(next)?.[0];
    if (wait !== undefined) chain.push(wait);
  }
  return { waits: chain, end: undefined };
}
