/** Markov chains solved the slow way: the linear equations themselves, by elimination. Shares nothing with the formulas. */

/** x with A x = b. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  const size = rows.length;
  for (let at = 0; at < size; at++) {
    let pivot = at;
    for (let i = at + 1; i < size; i++) {
      if (Math.abs(rows[i]?.[at] as number) > Math.abs(rows[pivot]?.[at] as number)) pivot = i;
    }
    [rows[at], rows[pivot]] = [rows[pivot] as number[], rows[at] as number[]];
    const head = rows[at] as number[];
    for (const row of rows) {
      if (row === head) continue;
      const factor = (row[at] as number) / (head[at] as number);
      for (let j = at; j <= size; j++) row[j] = (row[j] as number) - factor * (head[j] as number);
    }
  }
  return rows.map((row, i) => (row[size] as number) / (row[i] as number));
}

/** Long-run shares of a continuous chain given by its rates from state to state. */
export function steadyState(states: number, rate: (from: number, to: number) => number): number[] {
  const matrix = Array.from({ length: states }, (_, to) =>
    Array.from({ length: states }, (_, from) => {
      if (to === states - 1) return 1; // the shares add up to 1
      if (from !== to) return rate(from, to);
      let out = 0;
      for (let other = 0; other < states; other++) if (other !== from) out += rate(from, other);
      return -out;
    }),
  );
  return solve(
    matrix,
    Array.from({ length: states }, (_, i) => (i === states - 1 ? 1 : 0)),
  );
}

/** M/D/1/K by power iteration of the chain that departures leave behind: [loss, number in system]. */
export function powerIterateMd1k(load: number, capacity: number): [loss: number, inSystem: number] {
  const arrivals = (count: number): number => {
    let term = Math.exp(-load);
    for (let i = 1; i <= count; i++) term *= load / i;
    return term;
  };
  let shares = Array.from({ length: capacity }, () => 1 / capacity);
  for (let round = 0; round < 20_000; round++) {
    const next = new Array<number>(capacity).fill(0);
    shares.forEach((share, left) => {
      const start = Math.max(left, 1) - 1;
      let rest = share;
      for (let to = start; to < capacity - 1; to++) {
        const part = share * arrivals(to - start);
        next[to] = (next[to] as number) + part;
        rest -= part;
      }
      next[capacity - 1] = (next[capacity - 1] as number) + rest;
    });
    shares = next;
  }
  const busy = (shares[0] as number) + load;
  const loss = 1 - 1 / busy;
  return [loss, shares.reduce((sum, share, j) => sum + (j * share) / busy, 0) + capacity * loss];
}

/** Follows one item through a full queue: wait of the served, by the equations of all states at once. */
export function followItem(
  policy: 'drop-oldest' | 'evict-newest',
  arrivals: number,
  services: number,
  room: number,
): number {
  const states: [before: number, behind: number][] = [];
  for (let before = 0; before < room; before++) {
    for (let behind = 0; before + behind < room; behind++) states.push([before, behind]);
  }
  const find = (before: number, behind: number): number =>
    states.findIndex(([a, b]) => a === before && b === behind);
  const rate = arrivals + services;
  // Unknowns: P(served), then E(wait; served).
  const matrix = states.map(() => states.map(() => 0));
  const servedNow: number[] = [];
  states.forEach(([before, behind], i) => {
    const row = matrix[i] as number[];
    row[i] = 1;
    const go = (probability: number, to: number): void => {
      row[to] = (row[to] as number) - probability;
    };
    if (before > 0) go(services / rate, find(before - 1, behind));
    servedNow.push(before === 0 ? services / rate : 0);
    const isFull = before + behind + 1 === room;
    if (!isFull) go(arrivals / rate, find(before, behind + 1));
    else if (policy === 'drop-oldest' && before > 0) go(arrivals / rate, find(before - 1, behind + 1));
    else if (policy === 'evict-newest' && behind > 0) go(arrivals / rate, i);
  });
  const served = solve(matrix, servedNow);
  const waited = solve(
    matrix,
    served.map((probability) => probability / rate),
  );
  const found = steadyState(room + 2, (from, to) =>
    to === from + 1 ? arrivals : to === from - 1 ? services : 0,
  );
  let servedInAll = found[0] as number;
  let waitedInAll = 0;
  for (let n = 1; n <= room + 1; n++) {
    const state = find(Math.min(n, room) - 1, 0);
    servedInAll += (found[n] as number) * (served[state] as number);
    waitedInAll += (found[n] as number) * (waited[state] as number);
  }
  return waitedInAll / servedInAll;
}
