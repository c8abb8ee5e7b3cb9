/** How to read the page: the words that it uses, and what they do not mean. */
import { html } from './markup.ts';
import type { Section } from './section.ts';

export type Term = readonly [term: string, meaning: string];

const TERMS: readonly Term[] = [
  [
    'response time',
    'from the moment when work was due, not from when it was sent: a generator or a queue that is late cannot hide it.',
  ],
  [
    'age',
    'how old the newest data of a client are, at any moment while events come. What dropping keeps small.',
  ],
  [
    'p99 of all',
    'the response time that 99 % of all offered work stayed below, where lost work counts as infinitely late. “never” means that more than 1 % was not served. A p99 of the delivered alone gets better by dropping.',
  ],
  ['too late or lost', 'the share of offered work that did not arrive within its deadline.'],
  [
    'offered, delivered, dropped',
    'copies: one event for ten clients is ten copies. Offered is always delivered, dropped, merged, failed and unfinished together; what does not add up is “unaccounted”, and makes a run invalid.',
  ],
  [
    '… replies',
    'answers to the messages of a WebSocket group. Its queue carries them beside the events, so the group’s own row holds both: add up one of the two rows, not both.',
  ],
  [
    'producers waited',
    'time that producers were held back, added up over all of them: the price of losing nothing.',
  ],
  [
    'band of a percentile line',
    'what is uncertain of it, at 95 % for each percentile by itself. “Within this run”: how much the line would move if the same run had gone on under the same circumstances, from blocks of at least 5 s of each phase; another run can differ by far more. “Over runs”: how much it would move with other runs of the same plan. A band that ends at the upper edge means that this percentile may never be served. Bands that overlap prove nothing, and neither do those that do not: verdicts come from the comparison of runs.',
  ],
  [
    'time, in charts of a run',
    'since the run began, set-up included: the first phase starts when the system stands and its clients are connected.',
  ],
  ['↓ ↑', 'lower is better, higher is better.'],
];

const COMPARED: readonly Term[] = [
  [
    'better, worse, same',
    'proved: the interval of the difference lies beyond the margin, or within it. “Not proved” is called inconclusive, and never the same.',
  ],
  ['margin', 'the smallest change that matters. A proved change that is smaller is called the same.'],
  [
    'interval',
    'of 95 %, from one value per run and metric: requests inside a run are no samples of their own. It holds whatever the noise looks like, because the order inside each block was drawn by lot.',
  ],
  [
    'block',
    'one run of each strategy under the same seed, in random order, so that a host that gets slower hurts all alike.',
  ],
  ['dominated', 'another strategy is at least as good at everything and better at something.'],
];

export function readingSection(kind: 'run' | 'comparison'): Section {
  return termsSection(kind === 'run' ? TERMS : [...COMPARED, ...TERMS]);
}

export function termsSection(terms: readonly Term[]): Section {
  return {
    id: 'reading',
    title: 'How to read this',
    lead: null,
    content: html`<dl class="terms">
${terms.map(
  ([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>
`,
)}</dl>
`,
  };
}
