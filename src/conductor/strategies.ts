/** From `--strategy` and `--at` to one strategy per boundary, checked before anything starts. */
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { StrategySpec } from '../core/strategy.ts';
import { COMPARABLE_STRATEGY_NAMES } from '../system/strategies/catalogue.ts';
import { parseStrategy } from '../system/strategies/parse.ts';

/** One arm of a run: a heading and what stands at each boundary. */
export interface StrategyChoice {
  readonly name: string;
  /** Its `--strategy`, if one was given. */
  readonly word: string | undefined;
  readonly byBoundary: Record<BoundaryName, StrategySpec>;
}

/**
 * One choice per `--strategy` (each applied at `applied`, the scenario's boundaries), `--at` on top, and
 * what the noted systems do everywhere else.
 */
export function chooseStrategies(
  strategies: readonly string[],
  at: readonly string[],
  applied: readonly BoundaryName[],
): StrategyChoice[] {
  const overrides = at.map(parseAt);
  const words = strategies.flatMap((text) => (text === 'all' ? COMPARABLE_STRATEGY_NAMES : [text]));
  const arms = words.length === 0 ? [undefined] : [...new Set(words)];
  return arms.map((word) => {
    const byBoundary = {} as Record<BoundaryName, StrategySpec>;
    for (const boundary of BOUNDARY_NAMES) {
      const isApplied = word !== undefined && applied.includes(boundary);
      byBoundary[boundary] = parseStrategy(isApplied ? word : BOUNDARIES[boundary].asFound, boundary);
    }
    for (const { boundary, text } of overrides) byBoundary[boundary] = parseStrategy(text, boundary);
    const suffix = overrides.map(({ boundary, text }) => `${boundary}=${text}`).join(' ');
    const name = [word ?? (suffix === '' ? 'as-found' : undefined), suffix].filter((part) => part).join(' ');
    return { name, word, byBoundary };
  });
}

function parseAt(setting: string): { boundary: BoundaryName; text: string } {
  const equals = setting.indexOf('=');
  const boundary = setting.slice(0, equals);
  if (equals < 1) {
    throw new BenchError('BPB_ERR_USAGE', `--at expects boundary=strategy, got '${setting}'`, {
      hints: ['--at ws.outbound=block'],
    });
  }
  if (!(boundary in BOUNDARIES)) {
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `unknown boundary '${boundary}'`, {
      hints: [didYouMean(boundary, BOUNDARY_NAMES), `the boundaries: ${BOUNDARY_NAMES.join(', ')}`].filter(
        (hint) => hint !== '',
      ),
    });
  }
  return { boundary: boundary as BoundaryName, text: setting.slice(equals + 1) };
}
