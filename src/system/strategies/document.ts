/** `docs/strategies.md`: what there is and where it may stand, written from the definitions and the rules themselves. */
import { BOUNDARIES, BOUNDARY_NAMES } from '../../core/boundary.ts';
import { STAGE_ORDER, STAGE_SUMMARIES, STRATEGIES } from './catalogue.ts';
import { type Placement, placementsOf } from './placement.ts';
import { PRESETS } from './presets.ts';
import { TRAFFIC } from './traffic.ts';
import { NAMING_TRAPS } from './unknown-name.ts';

export function renderStrategyDocument(): string {
  const footnotes = new Footnotes();
  const stages = STAGE_ORDER.flatMap((stage) => [
    `### ${stage}: ${STAGE_SUMMARIES[stage]}`,
    '',
    ...table(
      STRATEGIES.filter((entry) => entry.stage === stage).map(({ name, summary, specimen }) => ({
        name,
        summary: specimen ? `*wrong on purpose:* ${summary}` : summary,
        placements: placementsOf(name),
      })),
      footnotes,
    ),
    '',
  ]);
  const presets = table(
    PRESETS.map(({ name, summary, text }) => ({
      name,
      summary: `${summary}: \`${text}\``,
      placements: placementsOf(name),
    })),
    footnotes,
  );
  return `${[...INTRODUCTION, ...stages, '## Presets', '', ...presets, '', ...footnotes.render()].join('\n')}\n`;
}

const INTRODUCTION = [
  '# Strategies',
  '',
  'What a strategy can be made of, and where each part may stand. `bpbench explain <name>` tells the rest.',
  'This page is written from the code (`test/strategies/document.test.ts`); do not edit it.',
  '',
  '## Writing one',
  '',
  '```',
  'bpbench run burst --strategy drop-oldest                                # one part; the rest as found',
  "bpbench run burst --strategy 'reserve,capacity=256,reserve=20%'         # with parameters",
  "bpbench run burst --at 'sse.client=drop-oldest + codel + disconnect-lag'   # stages, joined by +",
  'bpbench run burst --strategy examples/strategy.yaml                     # a file, boundary by boundary',
  '```',
  '',
  '- The order of the text does not matter, except among admissions and among shapers, which are passed as typed.',
  '- Without an overflow stage it is the one that the boundary was found with. `capacity`, `bytes` and',
  '  `maxWaiters` belong to the overflow stage.',
  '- A name that has a + of its own (`priority+aging`, and some presets) is written without blanks around it.',
  '- What is refused is refused before anything starts. Warnings are printed, and kept with the result.',
  '',
  '**Names that mean two things elsewhere**',
  '',
  ...NAMING_TRAPS.map(({ text }) => `- ${text}`),
  '',
  '## Boundaries',
  '',
  '| boundary | what stands there | as found | capacity | queues |',
  '|---|---|---|---|---|',
  ...BOUNDARY_NAMES.map((name) => {
    const { traffic, asFound, capacityItems, scope } = BOUNDARIES[name];
    const queues = scope === 'client' ? 'one per connection' : 'one for all';
    return `| \`${name}\` | ${TRAFFIC[traffic].what} | \`${asFound}\` | ${capacityItems} | ${queues} |`;
  }),
  '',
  '## Parts',
  '',
  '✓ may stand there · ! may, with a warning · ✗ refused · a number: see the notes below.',
  'Each part is judged alone, with the overflow stage that the boundary was found with.',
  '',
];

interface Row {
  readonly name: string;
  readonly summary: string;
  readonly placements: readonly Placement[];
}

const MARKS: Record<Placement['verdict'], string> = { legal: '✓', note: '✓', warning: '!', refused: '✗' };

function table(rows: readonly Row[], footnotes: Footnotes): string[] {
  return [
    `| name | ${BOUNDARY_NAMES.map((name) => `\`${name}\``).join(' | ')} | what it does |`,
    `|---|${BOUNDARY_NAMES.map(() => '---|').join('')}---|`,
    ...rows.map(({ name, summary, placements }) => {
      const cells = placements.map(({ verdict, rulings }) =>
        [MARKS[verdict], ...rulings.map(({ harm }) => footnotes.numberOf(harm))].join(' '),
      );
      return `| \`${name}\` | ${cells.join(' | ')} | ${summary.replaceAll('|', '\\|')} |`;
    }),
  ];
}

class Footnotes {
  readonly #texts: string[] = [];

  numberOf(text: string): number {
    const index = this.#texts.indexOf(text);
    return index === -1 ? this.#texts.push(text) : index + 1;
  }

  render(): string[] {
    return ['## Notes', '', ...this.#texts.map((text, index) => `${index + 1}. ${text}`)];
  }
}
