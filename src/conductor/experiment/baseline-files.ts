/** Where baselines are, and what is in them. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Baseline } from '../../comparison/baseline-file.ts';
import { BenchError, messageOf } from '../../core/errors.ts';
import { parseBaseline } from '../../report/record-document.ts';
import { sanitizeName } from '../../report/result-store.ts';

export const BASELINE_EXTENSION = '.bpbaseline.json';

/** Where `auto` looks for the baseline of a scenario, the first that is there wins: here, and among the results. */
export function listBaselinePlaces(scenario: string, results: string): [here: string, inResults: string] {
  const name = `${sanitizeName(scenario)}${BASELINE_EXTENSION}`;
  return [name, join(results, name)];
}

/** The baseline of `path`, or of `auto`; `'missing'` where nobody has accepted one yet. Errors: BPB_ERR_USAGE. */
export async function openBaselineFile(
  path: string,
  scenario: string,
  results: string,
): Promise<Baseline | 'missing'> {
  if (path !== 'auto') return await loadBaseline(path);
  const there = listBaselinePlaces(scenario, results).find((place) => existsSync(place));
  return there === undefined ? 'missing' : await loadBaseline(there);
}

/** Errors: BPB_ERR_USAGE for a file that is not there, or is none of ours. */
export async function loadBaseline(path: string): Promise<Baseline> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new BenchError('BPB_ERR_USAGE', `cannot read the baseline ${path}: ${messageOf(thrown)}`, {
      hints: [
        `--save-baseline ${path} --accepted-by <name> --reason <text> writes one`,
        '--baseline auto warns and goes on where there is none',
      ],
      cause: thrown,
    });
  }
  return parseBaseline(text, path);
}
