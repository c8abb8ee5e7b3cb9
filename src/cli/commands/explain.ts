/** `bpbench explain <strategy>`: exact meaning, names elsewhere, cost, prediction. */
import { BOUNDARIES } from '../../core/boundary.ts';
import { BenchError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { formatBytes } from '../../core/units.ts';
import { wrap } from '../../report/text.ts';
import { findStrategy, STRATEGIES, type StrategyEntry } from '../../system/strategies/catalogue.ts';
import type { Param } from '../../system/strategies/definition.ts';
import { writeOut } from '../streams.ts';

export async function explainCommand(name: string, options: { json?: boolean }): Promise<void> {
  const entry = findStrategy(name);
  if (entry === undefined) {
    const known = STRATEGIES.flatMap((one) => [one.name, ...one.aliases]);
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `unknown strategy '${name}'`, {
      hints: [didYouMean(name, known), 'bpbench list strategies shows them all'].filter(
        (hint) => hint !== '',
      ),
    });
  }
  await writeOut(options.json ? `${JSON.stringify(entry, null, 2)}\n` : `${renderExplanation(entry)}\n`);
}

export function renderExplanation(entry: StrategyEntry, width = 80): string {
  const { details } = entry;
  const lines = [`${entry.name}: ${entry.summary}`];
  if (entry.specimen) lines.push('A specimen: wrong on purpose, to show that the checks notice.');
  const section = (title: string, texts: readonly string[]): void => {
    if (texts.length === 0) return;
    lines.push('', title, ...texts.flatMap((text) => wrap(text, width, '  ', '    ')));
  };
  section('When the queue is full', [details.rule]);
  section('Guarantees', details.guarantees);
  section('What theory predicts (λ offered, μ served, B capacity; λ > μ)', [details.prediction]);
  section('Best for', [details.bestFor]);
  section('Beware', details.gotchas);
  section(
    'Also called',
    details.alsoCalled.map((synonym) => `${synonym.name} (${synonym.where})`),
  );
  section('Naming trap', details.namingTrap === null ? [] : [details.namingTrap]);
  section('Parameters', entry.params.map(renderParam));
  section('Run it', [`bpbench run burst --strategy ${entry.name}`]);
  return lines.join('\n');
}

function renderParam(param: Param): string {
  const byBoundary = Object.entries(BOUNDARIES).map(([name, facts]) => `${facts.capacityItems} at ${name}`);
  if ('choices' in param) {
    return `${param.key} (${param.choices.join(' | ')}; default ${param.default}): ${param.summary}`;
  }
  const value =
    param.default === null
      ? byBoundary.join(', ')
      : param.unit === 'bytes'
        ? formatBytes(param.default)
        : param.default;
  return `${param.key} (${param.unit}; default ${value}): ${param.summary}`;
}
