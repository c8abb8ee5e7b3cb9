/** The pages of `bpbench explain`: a part, a composition, another library's word. */
import { BOUNDARIES, BOUNDARY_NAMES } from '../core/boundary.ts';
import { quoteForShell } from '../core/shell.ts';
import type { StrategySpec } from '../core/strategy.ts';
import { wrap, wrapCommand } from '../report/text.ts';
import { findStrategy, STAGE_SUMMARIES, type StrategyEntry } from '../system/strategies/catalogue.ts';
import type { Param } from '../system/strategies/definition.ts';
import { tell } from '../system/strategies/legality.ts';
import { type Placement, placementsOf } from '../system/strategies/placement.ts';
import { findTraps, type Translation } from '../system/strategies/unknown-name.ts';
import { describeRange, writeValue } from '../system/strategies/values.ts';
import { describeTraits } from './traits.ts';

/** A composition that has been read: a preset, or what the user typed. */
export interface ComposedStrategy {
  readonly name: string;
  readonly summary: string;
  readonly text: string;
  readonly parts: StrategySpec['stages'];
}

export function renderExplanation(entry: StrategyEntry, width = 80): string {
  const { details, stage, aliases } = entry;
  const page = new Page(width);
  page.paragraph(`${entry.name}: ${entry.summary}`);
  if (entry.specimen) page.paragraph('A specimen: wrong on purpose, to show that the checks notice.');
  page.section('Stage', [`${stage}: ${STAGE_SUMMARIES[stage]}`]);
  page.section(stage === 'overflow' ? 'When the queue is full' : 'What it does', [details.rule]);
  page.section('Guarantees', details.guarantees);
  page.section('What theory predicts (λ offered, μ served, B capacity; λ > μ)', [details.prediction]);
  page.section('Best for', [details.bestFor]);
  page.section('Beware', details.gotchas);
  page.section('Counts items as', entry.reasons.length === 0 ? [] : [entry.reasons.join(', ')]);
  page.section('Also called', [
    ...(aliases.length === 0 ? [] : [`${aliases.join(', ')} (bpbench)`]),
    ...details.alsoCalled.map((synonym) => `${synonym.name} (${synonym.where})`),
  ]);
  page.section('Naming trap', details.namingTrap === null ? [] : [details.namingTrap]);
  page.section('Parameters', entry.params.map(renderParam));
  page.section('Classes, keys and flows', describeTraits(entry.effects));
  page.placements(entry.name);
  return page.text();
}

export function renderComposition(composed: ComposedStrategy, width = 80): string {
  const page = new Page(width);
  page.paragraph(`${composed.name}: ${composed.summary}`);
  page.section('Stands for', [composed.text]);
  page.section(
    'Its parts, in the order in which an item meets them',
    composed.parts.map(({ name, stage }) => `${name} (${stage}): ${findStrategy(name)?.summary ?? ''}`),
  );
  page.placements(composed.name);
  return page.text();
}

/** For a word of another library; the page of the part follows when it means one thing only. */
export function renderTranslation(word: string, translations: readonly Translation[], width = 80): string {
  const page = new Page(width);
  const names = [...new Set(translations.map(({ definition }) => definition.name))];
  page.paragraph(
    names.length === 1
      ? `${word} is no name of bpbench; what is meant is ${names[0]}.`
      : `${word} is no name of bpbench, and it means ${names.length} things:`,
  );
  page.section(
    'Where it is called so',
    translations.map(
      ({ definition, synonym }) => `${synonym.where}: ${definition.name}, ${definition.summary}`,
    ),
  );
  page.section('Naming trap', findTraps(word));
  const [only] = names;
  if (names.length === 1 && only !== undefined) {
    const entry = findStrategy(only);
    if (entry !== undefined) page.append(renderExplanation(entry, width));
  } else {
    page.section(
      'More',
      names.map((name) => `bpbench explain ${name}`),
    );
  }
  return page.text();
}

class Page {
  readonly #width: number;
  readonly #lines: string[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  paragraph(text: string): void {
    this.#lines.push(...wrap(text, this.#width));
  }

  section(title: string, texts: readonly string[]): void {
    if (texts.length === 0) return;
    this.#lines.push('', ...wrap(title, this.#width));
    this.#lines.push(...texts.flatMap((text) => wrap(text, this.#width, '  ', '    ')));
  }

  append(text: string): void {
    this.#lines.push('', text);
  }

  /** Where it may stand, and a command that plays it there. */
  placements(text: string): void {
    const placements = placementsOf(text);
    this.section('Where it may stand', placements.map(renderPlacement));
    const command = commandFor(text, placements);
    if (command === undefined) return;
    this.#lines.push('', 'Run it', ...wrapCommand(command, this.#width, '  ', '      '));
  }

  text(): string {
    return this.#lines.join('\n');
  }
}

const VERDICTS: Record<Placement['verdict'], string> = {
  legal: '✓ yes',
  note: '✓ yes',
  warning: '! yes, with a warning',
  refused: '✗ no',
};

function renderPlacement({ boundary, verdict, rulings }: Placement): string {
  const why = rulings.length === 0 ? '' : `; ${rulings.map(tell).join('. ')}.`;
  return `${boundary} ${VERDICTS[verdict]}${why}`;
}

function commandFor(text: string, placements: readonly Placement[]): string | undefined {
  const legal = placements.filter(({ verdict }) => verdict !== 'refused').map(({ boundary }) => boundary);
  const isEverywhere = BOUNDARY_NAMES.every((name) => !BOUNDARIES[name].isDefault || legal.includes(name));
  if (isEverywhere) return `bpbench run burst --strategy ${quoteForShell(text)}`;
  const boundary = legal.find((name) => BOUNDARIES[name].isDefault) ?? legal[0];
  return boundary && `bpbench run burst --at ${quoteForShell(`${boundary}=${text}`)}`;
}

function renderParam(param: Param): string {
  if ('choices' in param) {
    return `${param.key} (${param.choices.join(' | ')}; default ${param.default}): ${param.summary}`;
  }
  const value =
    param.default === null
      ? BOUNDARY_NAMES.map((name) => `${BOUNDARIES[name].capacityItems} at ${name}`).join(', ')
      : writeValue(param, param.default);
  return `${param.key} (${param.unit}, ${describeRange(param)}; default ${value}): ${param.summary}`;
}
