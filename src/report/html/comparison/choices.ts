/** Who satisfies what was asked for, and who is no worse at anything than somebody else. Never one winner without a need. */
import { OBJECTIVE_NAMES, OBJECTIVES, readDominance } from '../../../comparison/pareto.ts';
import type { ComparisonRecord } from '../../../core/comparison.ts';
import { formatCount } from '../../../core/units.ts';
import type { Chart } from '../../charts/chart.ts';
import { NO_VALUE } from '../../format.ts';
import { renderFigures } from '../figure.ts';
import { html, label, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { renderStatus, toneOf } from '../status.ts';
import { numbers, renderTable, words } from '../table.ts';

export function needsSection({ needs, expectations }: ComparisonRecord): Section {
  return {
    id: 'needs',
    title: 'Needs and expectations',
    lead: null,
    content: [
      expectations.length > 0 &&
        html`<ul class="findings">
${expectations.map(
  ({
    expression,
    status,
    detail,
  }) => html`<li>${renderStatus(toneOf(status), status)} <span><code>${expression}</code>${detail !== '' && html` <span class="aside">${detail}</span>`}</span></li>
`,
)}</ul>
`,
      needs.map(renderNeed),
    ],
  };
}

function renderNeed({ expression, arms, smallestCapacity }: ComparisonRecord['needs'][number]): Markup {
  const satisfied = arms.filter(({ status }) => status === 'yes').length;
  return html`<h3><code>${expression}</code></h3>
<p>${formatCount(satisfied)} of ${formatCount(arms.length)} satisfy it${smallestCapacity !== null && html`; the smallest capacity that does is ${formatCount(smallestCapacity.capacityItems)} items at ${smallestCapacity.boundary} (${label(smallestCapacity.arm)})`}.</p>
<ul class="findings">
${arms.map(
  ({
    arm,
    status,
    because,
    isUnreplicated,
  }) => html`<li>${renderStatus(toneOf(status), status)} <span>${label(arm)}${because.length > 0 && `: ${because.join('; ')}`}${isUnreplicated && html` <span class="aside">unreplicated: one run proves nothing</span>`}</span></li>
`,
)}</ul>
`;
}

export function paretoSection(record: ComparisonRecord, figures: readonly Chart[]): Section {
  const { pareto } = record;
  const dominance = readDominance(record);
  const known = OBJECTIVE_NAMES.filter((objective) =>
    pareto.some(({ values }) => values[objective] !== null),
  );
  return {
    id: 'who-pays',
    title: 'Who pays with what',
    lead:
      pareto.length < 2
        ? null
        : dominance === null
          ? 'There are too few runs to tell who is dominated: repeat in blocks.'
          : `Not dominated: ${dominance.front.map(label).join(', ')}. Each of these is best for somebody; state what you need to choose.`,
    content: pareto.length >= 2 && [
      renderTable('What each strategy pays with', [
        words(
          'strategy',
          pareto.map(({ arm }) => label(arm)),
        ),
        ...known.map((objective) => {
          const { header, unit } = OBJECTIVES[objective];
          return numbers(
            header,
            unit,
            pareto.map(({ values }) => values[objective]),
            'lower',
          );
        }),
        ...(dominance === null
          ? []
          : [
              words(
                'dominated by',
                pareto.map(({ arm, dominatedBy }) =>
                  dominatedBy.length > 0
                    ? dominatedBy.map(label).join(', ')
                    : dominance.front.includes(arm)
                      ? 'nobody'
                      : NO_VALUE,
                ),
              ),
            ]),
      ]),
      renderFigures(figures),
    ],
  };
}
