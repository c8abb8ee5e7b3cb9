/** Ranks from 1, where equal values share the mean of their ranks. */
export function midRanks(values: readonly number[]): number[] {
  // Infinity less Infinity is NaN, which sorts as equal: right here.
  const order = values.map((_, index) => index).sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranks = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    const value = values[order[first] as number];
    while (last + 1 < order.length && values[order[last + 1] as number] === value) last++;
    for (let i = first; i <= last; i++) ranks[order[i] as number] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return ranks;
}
