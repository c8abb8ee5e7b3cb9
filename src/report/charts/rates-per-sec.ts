/** From running totals to rates. */

/** Shorter windows show the rhythm of the sampling and not the rate. */
const WINDOW_MS = 500;

/**
 * Rises per second over the window before each time; `null` until there is one, and where a total is not known. A total
 * that falls (the process was started anew) counts as no rise.
 */
export function ratesPerSec(
  timesMs: readonly number[],
  totals: readonly (number | null)[],
  windowMs = WINDOW_MS,
): (number | null)[] {
  let from = 0;
  return timesMs.map((tMs, at) => {
    while (from + 1 < at && tMs - (timesMs[from + 1] ?? tMs) >= windowMs) from++;
    const [before, now] = [totals[from] ?? null, totals[at] ?? null];
    const elapsedMs = tMs - (timesMs[from] ?? tMs);
    if (before === null || now === null || !(elapsedMs > 0)) return null;
    return (Math.max(0, now - before) * 1000) / elapsedMs;
  });
}
