/** How many standard errors the mean of independent batches lies above what was expected. */
export function zScore(batches: readonly number[], expected: number): number {
  const mean = batches.reduce((sum, value) => sum + value, 0) / batches.length;
  const variance = batches.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches.length - 1);
  return (mean - expected) / Math.sqrt(variance / batches.length);
}
