/** Which compositions make no sense or are dangerous where; asked before anything starts. */
import type { BoundaryName } from '../../core/boundary.ts';
import type { StrategySpec } from '../../core/strategy.ts';

export const ONE_POLICY_FOR_NOW = 'one overflow policy for now';

/**
 * Why this strategy must not stand at this boundary, as one sentence, or `undefined` when it may. All of
 * today's policies may stand everywhere.
 */
export function findStrategyProblem(spec: StrategySpec, boundary: BoundaryName): string | undefined {
  if (spec.stages.length === 1) return undefined;
  return `${spec.text || 'a strategy'} at ${boundary} has ${spec.stages.length} stages: ${ONE_POLICY_FOR_NOW}`;
}
