/** Whether the numbers can be trusted: before any of them. */
import type { RunRecord, ValidityCheck } from '../../../core/record.ts';
import { html, type Markup } from '../markup.ts';
import { formatQuantity, quantityOf } from '../quantity.ts';
import type { Section } from '../section.ts';
import { renderStatus, toneOf } from '../status.ts';
import { mixedNumbers, renderTable, words } from '../table.ts';

export function validitySection({ validity }: RunRecord): Section {
  const { checks } = validity;
  const doubtful = checks.filter(({ status }) => status !== 'ok');
  const sound = checks.filter(({ status }) => status === 'ok');
  return {
    id: 'validity',
    title: 'Validity',
    lead: describe(validity.status, checks.length),
    content: [
      doubtful.map(renderDoubt),
      sound.length > 0 &&
        html`<details${doubtful.length === 0 && checks.length <= 4 && html` open`}>
<summary>${sound.length === 1 ? 'One check that holds' : `${sound.length} checks that hold`}</summary>
${renderTable('Checks of the instrument that hold', columnsOf(sound))}</details>
`,
    ],
  };
}

function describe(status: RunRecord['validity']['status'], count: number): string {
  if (count === 0) return 'Nothing was checked: these numbers stand unproved.';
  if (status === 'valid') return 'The instrument kept its promises, so the numbers below mean what they say.';
  if (status === 'doubt') {
    return 'The numbers below hold, but something on this host may have bent them. Read them with that in mind.';
  }
  return 'The instrument did not do what it promised. The numbers below are shown to find out why, and prove nothing.';
}

function renderDoubt(check: ValidityCheck): Markup {
  const { name, status, detail } = check;
  return html`<p class="doubt-line">${renderStatus(toneOf(status), status === 'unknown' ? 'not checked' : status)}
<span>${detail ?? name}${status !== 'unknown' && html` <span class="aside">${name}: ${actualOf(check)}, limit ${limitOf(check)}</span>`}</span></p>
`;
}

function columnsOf(checks: readonly ValidityCheck[]): Parameters<typeof renderTable>[1] {
  return [
    words(
      'what was checked',
      checks.map(({ name }) => name),
    ),
    mixedNumbers('measured', checks.map(actualOf)),
    mixedNumbers('limit', checks.map(limitOf)),
  ];
}

function actualOf({ actual, unit }: ValidityCheck): string {
  const { quantity, word } = quantityOf(unit);
  return withWord(formatQuantity(actual, quantity), word);
}

function limitOf({ limit, unit }: ValidityCheck): string {
  const { quantity, word } = quantityOf(unit);
  return withWord(formatQuantity(limit, quantity), word);
}

/** A number and a unit that only the record knows. */
export function withWord(text: string, word: string): string {
  return word === '' ? text : `${text} ${word}`;
}
