/** Long-run shares of the states of a birth-death chain. */

const RESCALE_ABOVE = 1e200;

/**
 * Probabilities π₀ … π_last of a chain that goes up from state n with `ratioAt(n)` = (rate up from n) ÷ (rate
 * down from n + 1): π_{n+1} = π_n · ratioAt(n). Products are rescaled on the way, so that neither a heavy
 * load nor a large `last` overflows; O(last).
 */
export function stationaryOf(last: number, ratioAt: (n: number) => number): Float64Array {
  const shares = new Float64Array(last + 1);
  shares[0] = 1;
  let sum = 1;
  for (let n = 0; n < last; n++) {
    const next = (shares[n] as number) * ratioAt(n);
    shares[n + 1] = next;
    sum += next;
    if (next > RESCALE_ABOVE) {
      for (let i = 0; i <= n + 1; i++) shares[i] = (shares[i] as number) / next;
      sum /= next;
    }
  }
  for (let n = 0; n <= last; n++) shares[n] = (shares[n] as number) / sum;
  return shares;
}

/** Σ value(n) · shares[n]. */
export function expectation(shares: Float64Array, value: (n: number) => number): number {
  let sum = 0;
  for (let n = 0; n < shares.length; n++) sum += value(n) * (shares[n] as number);
  return sum;
}
