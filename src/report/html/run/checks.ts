/** What the scenario asked for, and whether it held. */
import type { CheckResult, RunRecord } from '../../../core/record.ts';
import { html } from '../markup.ts';
import { formatQuantity, NEVER, quantityOf } from '../quantity.ts';
import type { Section } from '../section.ts';
import { renderStatus, toneOf } from '../status.ts';
import { mixedNumbers, renderTable, words } from '../table.ts';
import { withWord } from './validity.ts';

export function checksSection({ checks }: RunRecord): Section {
  const details = checks.some(({ detail }) => detail !== null);
  return {
    id: 'checks',
    title: 'Checks',
    lead:
      checks.length === 0
        ? 'The scenario asks for nothing, so nothing can fail. Add checks to make it a test.'
        : null,
    content: [
      renderTable('What the scenario asks for', [
        words(
          'check',
          checks.map(({ name }) => html`<code>${name}</code>`),
        ),
        words(
          'result',
          checks.map(({ status }) => renderStatus(toneOf(status), status)),
        ),
        mixedNumbers('measured', checks.map(describeActual)),
        mixedNumbers(
          'limit',
          checks.map(({ limit, unit }) => describe(limit, unit)),
        ),
        ...(details
          ? [
              words(
                'why',
                checks.map(({ detail }) => detail),
              ),
            ]
          : []),
      ]),
      checks.length === 0 && html`<p>No checks.</p>`,
    ],
  };
}

/** An infinite value is lost on its way to disk: it is known, and no number. */
function describeActual({ actual, status, unit }: CheckResult): string {
  return actual === null && status !== 'unknown' ? NEVER : describe(actual, unit);
}

function describe(value: number | null, unit: string): string {
  const { quantity, word } = quantityOf(unit);
  return withWord(formatQuantity(value, quantity), word);
}
