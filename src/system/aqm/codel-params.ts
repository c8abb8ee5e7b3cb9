import type { Params } from '../strategies/definition.ts';

/** What is wrong with `targetMs` and `intervalMs` together. */
export function findCodelProblem({ targetMs = 0, intervalMs = 0 }: Params): string | undefined {
  if (targetMs < intervalMs) return undefined;
  return `target must be below interval, got ${targetMs} ms and ${intervalMs} ms`;
}
