/** `bpbench explain <strategy>`: exact meaning, names elsewhere, cost, prediction, where it may stand. */
import { BOUNDARIES, BOUNDARY_NAMES } from '../../core/boundary.ts';
import { BenchError } from '../../core/errors.ts';
import { quoteForShell } from '../../core/shell.ts';
import { listBuiltInScenarios } from '../../scenarios/load-scenario.ts';
import { isStrategyPath } from '../../scenarios/strategy-file.ts';
import { findStrategy, type StrategyEntry } from '../../system/strategies/catalogue.ts';
import { readStrategy, toStrategyError } from '../../system/strategies/parse.ts';
import { placementsOf } from '../../system/strategies/placement.ts';
import { findPreset } from '../../system/strategies/presets.ts';
import { readComposition } from '../../system/strategies/read.ts';
import {
  findTraps,
  hintsForUnknown,
  type Translation,
  translate,
} from '../../system/strategies/unknown-name.ts';
import {
  type ComposedStrategy,
  renderComposition,
  renderExplanation,
  renderTranslation,
} from '../explanation.ts';
import { writeOut } from '../streams.ts';
import { lookOf } from '../terminal.ts';

type Subject =
  | { readonly kind: 'part'; readonly entry: StrategyEntry }
  | { readonly kind: 'composition'; readonly composed: ComposedStrategy }
  | { readonly kind: 'translation'; readonly word: string; readonly translations: readonly Translation[] };

export async function explainCommand(name: string, options: { json?: boolean }): Promise<void> {
  const subject = findSubject(name.trim());
  const text = options.json
    ? JSON.stringify(toDocument(subject), null, 2)
    : explain(subject, lookOf(process.stdout, 'auto').width);
  await writeOut(`${text}\n`);
}

/** What a word stands for. Errors: BPB_ERR_UNKNOWN_NAME with what is near; BPB_ERR_STRATEGY for a text with mistakes. */
export function findSubject(name: string): Subject {
  const entry = findStrategy(name);
  if (entry !== undefined) return { kind: 'part', entry };
  const preset = findPreset(name);
  if (preset !== undefined)
    return { kind: 'composition', composed: { ...preset, parts: partsOf(preset.text) } };
  if (isStrategyPath(name)) {
    throw new BenchError('BPB_ERR_USAGE', `explain expects a strategy, got the path '${name}'`, {
      hints: [`bpbench validate ${quoteForShell(name)}`],
    });
  }
  const translations = translate(name).filter(
    // A text with + or , is a strategy, unless somebody calls a part exactly so.
    ({ synonym }) => !/[+,]/.test(name) || synonym.name.toLowerCase() === name.toLowerCase(),
  );
  if (translations.length > 0) return { kind: 'translation', word: name, translations };
  const { problems } = readComposition(name);
  const readings = problems.length > 0 ? [] : BOUNDARY_NAMES.map((boundary) => readStrategy(name, boundary));
  // Values that do not go together are wrong wherever it stands; a refusal is part of the explanation.
  const broken = readings.every((one) => one.problems.length > 0 && one.rulings.length === 0);
  if (problems.length === 0 && broken) throw toStrategyError(name, readings[0]?.problems ?? []);
  if (problems.length === 0) {
    const summary = 'a composition';
    return { kind: 'composition', composed: { name, summary, text: name, parts: partsOf(name) } };
  }
  if (/[+,=]/.test(name) || name === 'all') throw toStrategyError(name, problems);
  throw new BenchError('BPB_ERR_UNKNOWN_NAME', `unknown strategy '${name}'`, {
    hints: hintsForOtherNames(name) ?? hintsForUnknown(name),
  });
}

/** For words that `list` and `run` know and that are no strategies; `undefined` for any other. */
function hintsForOtherNames(name: string): string[] | undefined {
  const boundary = BOUNDARY_NAMES.find((known) => known === name);
  if (boundary !== undefined) {
    const { summary, asFound } = BOUNDARIES[boundary];
    return [
      `${boundary} is a boundary: ${summary}`,
      `bpbench explain ${asFound} tells what stands there as found; --at ${boundary}=… sets another`,
    ];
  }
  if (!listBuiltInScenarios().some((scenario) => scenario.name === name)) return undefined;
  return [`${name} is a scenario: bpbench run ${name} --dry-run shows what it plays`];
}

export function explain(subject: Subject, width: number): string {
  switch (subject.kind) {
    case 'part':
      return renderExplanation(subject.entry, width);
    case 'composition':
      return renderComposition(subject.composed, width);
    case 'translation':
      return renderTranslation(subject.word, subject.translations, width);
  }
}

function toDocument(subject: Subject): object {
  switch (subject.kind) {
    case 'part':
      return { ...subject.entry, placements: placementsOf(subject.entry.name) };
    case 'composition':
      return { ...subject.composed, placements: placementsOf(subject.composed.name) };
    case 'translation':
      return {
        name: subject.word,
        means: subject.translations.map(({ definition, synonym }) => ({
          strategy: definition.name,
          summary: definition.summary,
          where: synonym.where,
        })),
        traps: findTraps(subject.word),
      };
  }
}

/** Without what a boundary adds, if there is one where it may stand; else with it. */
function partsOf(text: string): ComposedStrategy['parts'] {
  const readings = BOUNDARY_NAMES.map((boundary) => readStrategy(text, boundary));
  const reading = readings.find(({ problems }) => problems.length === 0) ?? readings[0];
  return reading?.spec?.stages.filter(({ name }) => name !== reading.assumed) ?? [];
}
