/** What is said on stderr before a run: strategies that may go otherwise than meant, and what `all` left out. */
import type { StrategyChoices } from '../conductor/strategies.ts';
import { wrap } from '../report/text.ts';

/** One paragraph for each, each said once; the empty string when there is nothing to say. */
export function renderNotices({ choices, leftOut, remarks }: StrategyChoices, width: number): string {
  const warnings = choices.flatMap(({ name, warnings: texts }) =>
    texts.map((text) => (choices.length === 1 ? text : `${name} at ${text}`)),
  );
  const lines = [
    ...remarks.map((text) => `warning: ${text}`),
    ...[...new Set(warnings)].map((text) => `warning: ${text}`),
    ...leftOut.map(({ name, reason }) => `left out: ${name}: ${reason}`),
  ];
  return lines
    .flatMap((line) => wrap(line, width, '', '  '))
    .map((line) => `${line}\n`)
    .join('');
}
