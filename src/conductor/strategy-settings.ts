/** What one `--strategy` says for each boundary: a text says the same everywhere, a file may tell them apart. */
import { BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
import { ScenarioError, type ScenarioProblem, sortByPlace } from '../scenarios/problems.ts';
import type { ScenarioSource } from '../scenarios/source.ts';
import {
  inspectStrategyFile,
  isStrategyPath,
  loadStrategySource,
  readStrategyFile,
  type StrategyFile,
  type StrategyText,
} from '../scenarios/strategy-file.ts';
import { readStrategy, toStrategyError } from '../system/strategies/parse.ts';
import { readComposition } from '../system/strategies/read.ts';

export interface StrategySettings {
  readonly name: string;
  /** The text for a boundary; `isApplied` where the scenario, or `--at`, wants it. `undefined`: as found. */
  textAt(boundary: BoundaryName, isApplied: boolean): string | undefined;
}

/** Errors: BPB_ERR_STRATEGY with all mistakes, of a file by line; legality depends on the boundaries. */
export function loadStrategySettings(word: string): StrategySettings {
  if (!isStrategyPath(word)) {
    const mistakes = readComposition(word).problems;
    if (mistakes.length > 0) throw toStrategyError(word, mistakes);
    return { name: word.trim(), textAt: (_, isApplied) => (isApplied ? word : undefined) };
  }
  const source = loadStrategySource(word.trim());
  const problems = findStrategySourceProblems(source);
  if (problems.length > 0) throw new ScenarioError(source.label, problems, 'BPB_ERR_STRATEGY');
  const file = readStrategyFile(source);
  return {
    name: file.name,
    textAt: (boundary, isApplied) =>
      file.boundaries.get(boundary)?.text ?? (isApplied ? file.strategy?.text : undefined),
  };
}

/** Everything that is wrong with a file: its form and its texts. */
export function findStrategySourceProblems(source: ScenarioSource): ScenarioProblem[] {
  const { file, problems } = inspectStrategyFile(source);
  return sortByPlace([...problems, ...findTextsProblems(file)]);
}

/**
 * What is wrong with the texts of a file: mistakes anywhere, refusals at the boundaries that it names. Where
 * its `strategy` will stand, only the scenario knows; it has to be legal at one boundary at least.
 */
function findTextsProblems(file: StrategyFile): ScenarioProblem[] {
  const problems: ScenarioProblem[] = [];
  const add = (text: StrategyText, found: readonly { message: string; hints: readonly string[] }[]) => {
    for (const { message, hints } of found) {
      problems.push({ ...file.locate(text, message), ...(hints.length === 0 ? {} : { hints }) });
    }
  };
  for (const [boundary, text] of file.boundaries) add(text, findTextProblems(text.text, [boundary]));
  if (file.strategy !== null) add(file.strategy, findTextProblems(file.strategy.text, BOUNDARY_NAMES));
  return problems;
}

/** The mistakes of a text, or else why it may stand at none of `boundaries`. */
function findTextProblems(text: string, boundaries: readonly BoundaryName[]) {
  if (isStrategyPath(text)) {
    return [
      { message: `expected a strategy, got the path '${text}': one file does not name another`, hints: [] },
    ];
  }
  const mistakes = readComposition(text).problems;
  if (mistakes.length > 0) return mistakes;
  const found = boundaries.map((boundary) => readStrategy(text, boundary).problems);
  return found.some((one) => one.length === 0) ? [] : found.flat();
}
