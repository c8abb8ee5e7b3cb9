/** The scenario of `run` and `serve`: a strategy file in its place is a slip worth a word. */
import { BenchError } from '../core/errors.ts';
import { quoteForShell } from '../core/shell.ts';
import { loadScenario } from '../scenarios/load-scenario.ts';
import type { ScenarioSource } from '../scenarios/source.ts';
import { looksLikeStrategy } from '../scenarios/strategy-file.ts';

/** Errors: those of `loadScenario`, and BPB_ERR_USAGE for a strategy file. */
export function loadPlayable(nameOrPath: string): ScenarioSource {
  const source = loadScenario(nameOrPath);
  if (!looksLikeStrategy(source.raw)) return source;
  throw new BenchError('BPB_ERR_USAGE', `${nameOrPath} is a strategy file, not a scenario`, {
    hints: [`bpbench run burst --strategy ${quoteForShell(nameOrPath)}`],
  });
}
