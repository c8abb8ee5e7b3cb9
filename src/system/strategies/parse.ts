/** From what the user typed to a strategy with every value resolved. */
import { BOUNDARIES, type BoundaryName } from '../../core/boundary.ts';
import { BenchError } from '../../core/errors.ts';
import { STAGES, type StrategySpec } from '../../core/strategy.ts';
import type { Definition } from './definition.ts';
import { findRulings, type Ruling, tell } from './legality.ts';
import { paramsOf } from './queue-params.ts';
import { readComposition, type StageRequest, type StrategyProblem } from './read.ts';
import { writeValue } from './values.ts';

/** A strategy at one boundary, with whatever speaks against it. */
export interface StrategyReading {
  /** `null` when it could not be understood. */
  readonly spec: StrategySpec | null;
  /** Why it cannot be: mistakes in the text and refusals. None for a strategy that may be played. */
  readonly problems: readonly StrategyProblem[];
  /** What the legality rules say, refusals included. */
  readonly rulings: readonly Ruling[];
  /** The overflow policy that the text does not name and the boundary adds; `null` when it names one. */
  readonly assumed: string | null;
}

/**
 * Reads `name[,key=value…] [+ name[,key=value…]]…`, for example `drop-oldest,capacity=64 + codel`.
 *
 * Every parameter is in the result, in base units; `capacity` defaults to the boundary's own. Where no
 * overflow stage is named, it is the one that the boundary was found with; where that is a ring and a stage is named that
 * needs a queue, drop-oldest. Stages stand in the order of
 * STAGES; admissions and shapers among themselves as typed. `text` is canonical: own names, and only the
 * parameters that differ from their defaults at this boundary; parsed there again, it gives the same strategy.
 *
 * Errors: BPB_ERR_STRATEGY with all mistakes of the text, or else with every reason why the strategy must
 * not stand at this boundary.
 */
export function parseStrategy(text: string, boundary: BoundaryName): StrategySpec {
  const { spec, problems } = readStrategy(text, boundary);
  if (spec === null || problems.length > 0) throw toStrategyError(text, problems);
  return spec;
}

/** As {@link parseStrategy}, but answers what is wrong instead of throwing it. */
export function readStrategy(text: string, boundary: BoundaryName): StrategyReading {
  const { stages, problems } = readComposition(text);
  if (problems.length > 0) return { spec: null, problems, rulings: [], assumed: null };
  const added = missingOverflow(stages, boundary);
  const assumed = added[0]?.definition.name ?? null;
  const all = [...stages, ...added].toSorted(
    (a, b) => STAGES.indexOf(a.definition.stage) - STAGES.indexOf(b.definition.stage),
  );
  const completed = all.map((stage) => complete(stage, boundary));
  const wrong = completed.flatMap((stage) => stage.problems);
  const spec: StrategySpec = {
    text: completed.map((stage) => stage.text).join(' + '),
    stages: completed.map(({ definition: { stage, name }, params }) => ({ stage, name, params })),
  };
  if (wrong.length > 0) return { spec, problems: wrong, rulings: [], assumed };
  const rulings = findRulings(spec, boundary);
  const refusals = rulings
    .filter((ruling) => ruling.level === 'refused')
    .map((ruling) => ({ message: `at ${boundary}: ${tell(ruling)}`, hints: [] }));
  return { spec, problems: refusals, rulings, assumed };
}

/** One error of all problems; a single one stands on the first line. */
export function toStrategyError(text: string, problems: readonly StrategyProblem[]): BenchError {
  const [first] = problems;
  const hints = [...new Set(problems.flatMap((problem) => problem.hints))];
  const quoted = `'${text.trim()}'`;
  const isNamed = text.trim() === '' || (problems.length === 1 && first?.message.includes(quoted));
  const head = isNamed ? '' : `strategy ${quoted}: `;
  const message =
    problems.length === 1 && first !== undefined
      ? `${head}${first.message}`
      : [`${head}${problems.length} problems`, ...problems.map((problem) => `  ${problem.message}`)].join(
          '\n',
        );
  return new BenchError('BPB_ERR_STRATEGY', message, { hints });
}

function missingOverflow(stages: readonly StageRequest[], boundary: BoundaryName): readonly StageRequest[] {
  const isThere = stages.some(
    ({ definition }) => definition.stage === 'overflow' || definition.effects.replacesQueue,
  );
  if (isThere) return [];
  const found = readComposition(BOUNDARIES[boundary].asFound).stages;
  const isRing = found.some(({ definition }) => definition.effects.replacesQueue);
  const needsQueue = stages.some(({ definition }) => definition.stage !== 'slow-consumer');
  return isRing && needsQueue ? readComposition(RING_AS_QUEUE).stages : found;
}

/** A ring has no place for most stages. A queue for each reader that answers as the ring does has. */
const RING_AS_QUEUE = 'drop-oldest';

interface CompletedStage {
  readonly definition: Definition;
  readonly params: Record<string, number | string>;
  readonly text: string;
  readonly problems: readonly StrategyProblem[];
}

function complete({ definition, given }: StageRequest, boundary: BoundaryName): CompletedStage {
  const params: Record<string, number | string> = {};
  const words = [definition.name];
  for (const param of paramsOf(definition)) {
    const byDefault = param.default ?? BOUNDARIES[boundary].capacityItems;
    const value = given.get(param.name) ?? byDefault;
    params[param.name] = value;
    if (value !== byDefault) words.push(`${param.key}=${writeValue(param, value)}`);
  }
  const problem = definition.findProblem?.(params);
  const problems = problem === undefined ? [] : [{ message: `${definition.name}: ${problem}`, hints: [] }];
  return { definition, params, text: words.join(','), problems };
}
