/** Covering arrays: few rows in which every allowed pair of levels of two factors occurs at least once. */

/** A factor's levels by its name. */
export type Factors = Readonly<Record<string, readonly string[]>>;
export type Row = Readonly<Record<string, string>>;

/**
 * Greedy: each row starts from a pair that no row has yet, and takes for every other factor the level that
 * covers most new pairs and keeps the row allowed. `isAllowed` is asked about partial rows too, and must not
 * allow again what it has refused. A pair that no allowed row can hold is left out.
 */
export function coverPairs(factors: Factors, isAllowed: (row: Row) => boolean): Row[] {
  const names = Object.keys(factors);
  const open = new Set<string>();
  for (const [a, b] of pairsOf(names)) {
    for (const levelA of factors[a] as readonly string[]) {
      for (const levelB of factors[b] as readonly string[]) {
        if (isAllowed({ [a]: levelA, [b]: levelB })) open.add(keyOf(a, levelA, b, levelB));
      }
    }
  }
  const rows: Row[] = [];
  while (open.size > 0) {
    const [first] = open;
    const [a, levelA, b, levelB] = (first as string).split('\0') as [string, string, string, string];
    const row = complete(factors, names, { [a]: levelA, [b]: levelB }, open, isAllowed);
    open.delete(first as string);
    if (row === undefined) continue;
    for (const key of keysOf(row)) open.delete(key);
    rows.push(row);
  }
  return rows;
}

function complete(
  factors: Factors,
  names: readonly string[],
  start: Row,
  open: ReadonlySet<string>,
  isAllowed: (row: Row) => boolean,
): Row | undefined {
  let row = start;
  for (const name of names) {
    if (name in row) continue;
    let best: Row | undefined;
    let bestNew = -1;
    for (const level of factors[name] as readonly string[]) {
      const candidate = { ...row, [name]: level };
      if (!isAllowed(candidate)) continue;
      const fresh = keysOf(candidate).filter((key) => open.has(key)).length;
      if (fresh > bestNew) {
        best = candidate;
        bestNew = fresh;
      }
    }
    if (best === undefined) return undefined;
    row = best;
  }
  // In the order of the factors, so that keys of pairs are the same for every row.
  return Object.fromEntries(names.map((name) => [name, row[name] as string]));
}

function keysOf(row: Row): string[] {
  return pairsOf(Object.keys(row)).map(([a, b]) => keyOf(a, row[a] as string, b, row[b] as string));
}

function keyOf(a: string, levelA: string, b: string, levelB: string): string {
  return a < b ? [a, levelA, b, levelB].join('\0') : [b, levelB, a, levelA].join('\0');
}

function pairsOf(names: readonly string[]): [string, string][] {
  return names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string] => [a, b]));
}
