/** `bpbench validate <file…>`: every problem of every file at once; sends nothing. */
import { findStrategySourceProblems } from '../../conductor/strategy-settings.ts';
import { messageOf } from '../../core/errors.ts';
import { EXIT } from '../../core/exit-codes.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import { formatProblem, ScenarioError, type ScenarioProblem } from '../../scenarios/problems.ts';
import { findScenarioProblems } from '../../scenarios/resolve.ts';
import { looksLikeStrategy } from '../../scenarios/strategy-file.ts';
import { writeOut } from '../streams.ts';

interface FileResult {
  file: string;
  valid: boolean;
  problems: readonly ScenarioProblem[];
}

export async function validateCommand(files: string[], options: { json?: boolean }): Promise<void> {
  const results = files.map(validateFile);
  await writeOut(options.json ? `${JSON.stringify(results, null, 2)}\n` : renderResults(results));
  process.exitCode = results.every((result) => result.valid) ? EXIT.ok : EXIT.usage;
}

function validateFile(file: string): FileResult {
  const problems = findProblems(file);
  return { file, valid: problems.length === 0, problems };
}

function findProblems(file: string): readonly ScenarioProblem[] {
  try {
    const source = loadScenario(file);
    return looksLikeStrategy(source.raw)
      ? findStrategySourceProblems(source)
      : findScenarioProblems(source, { seed: 1 });
  } catch (thrown) {
    if (thrown instanceof ScenarioError) return thrown.problems;
    return [{ path: '', line: null, column: null, message: messageOf(thrown) }];
  }
}

function renderResults(results: readonly FileResult[]): string {
  const lines = results.flatMap(({ file, problems }) => {
    if (problems.length === 0) return [`ok       ${file}`];
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    return [`INVALID  ${file}: ${count}`, ...problems.map(formatProblem)];
  });
  return `${lines.join('\n')}\n`;
}
