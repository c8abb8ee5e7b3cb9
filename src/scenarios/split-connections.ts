/** How a number of connections is shared out. */

/**
 * Whole numbers in proportion to `weights`, by largest remainder (Hamilton's method); equal
 * remainders go to the earlier one. They add up to `total`, or to `total × Σ weights` when the
 * weights are shares below 1 together. When there is enough for all, everybody with a weight above 0
 * gets at least one, taken from the largest.
 */
export function splitConnections(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const seats = Math.round(total * Math.min(1, sum));
  // Rounded to 9 digits, so that float dust does not decide between equal remainders.
  const quotas = weights.map((weight) => (sum === 0 ? 0 : Number(((weight * seats) / sum).toFixed(9))));
  const counts = quotas.map(Math.floor);
  const byRemainder = quotas
    .map((quota, index) => ({ index, remainder: quota - Math.floor(quota) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  let left = seats - counts.reduce((all, count) => all + count, 0);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    if ((weights[index] as number) === 0) continue;
    counts[index] = (counts[index] as number) + 1;
    left--;
  }
  if (seats >= weights.filter((weight) => weight > 0).length) {
    for (const [index, weight] of weights.entries()) {
      if (weight === 0 || (counts[index] as number) > 0) continue;
      const largest = counts.indexOf(Math.max(...counts));
      counts[largest] = (counts[largest] as number) - 1;
      counts[index] = 1;
    }
  }
  return counts;
}
