import { type LedgerSnapshot, sumReasons } from '../../../core/ledger.ts';
import { formatCount } from '../../../core/units.ts';
import type { RunReport } from '../../report.ts';
import type { Chart, FlowNode } from '../chart.ts';
import { formatNumber } from '../number-text.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';

const ID = 'ledger-flow';
const TITLE = 'What became of what was offered';

interface Outcome {
  readonly label: string;
  readonly tone: FlowNode['tone'];
  readonly value: number;
}

/** From each boundary to delivered, dropped by reason, coalesced, failed and still waiting. Nothing that is 0 is drawn. */
export function ledgerFlow({ record }: RunReport): Chart {
  const { boundaries, endToEnd } = record.ledgers;
  const isInside = Object.values(boundaries).some(({ offered }) => offered > 0);
  const ledgers = Object.entries(isInside ? boundaries : endToEnd).filter(([, { offered }]) => offered > 0);
  if (ledgers.length === 0) return emptyChart(ID, TITLE, 'Nothing was offered in this run.');
  const ends = new Map<string, FlowNode>();
  const nodes: FlowNode[] = [];
  const links: { from: string; to: string; value: number }[] = [];
  for (const [name, ledger] of ledgers) {
    const from = `from ${name}`;
    nodes.push({ id: from, label: shortName(name), value: ledger.offered, column: 0, tone: 'source' });
    for (const { label, tone, value } of outcomesOf(ledger)) {
      const to = `to ${label}`;
      const before = ends.get(to)?.value ?? 0;
      ends.set(to, { id: to, label, tone, column: 1, value: before + value });
      links.push({ from, to, value });
    }
  }
  nodes.push(...[...ends.values()].sort(byTone));
  const rank = new Map(nodes.map(({ id }, at) => [id, at] as const));
  links.sort((a, b) => (rank.get(a.to) ?? 0) - (rank.get(b.to) ?? 0));
  const offered = ledgers.reduce((sum, [, ledger]) => sum + ledger.offered, 0);
  const shares = [...ends.values()]
    .sort((a, b) => b.value - a.value)
    .slice(0, 4)
    .map(({ label, value }) => `${label} ${formatNumber(value / offered, 'share')}`);
  return {
    ...{ kind: 'flow', id: ID, title: TITLE, nodes, links },
    caption: `Of ${formatNumber(offered, 'count')} copies and requests offered ${isInside ? 'at the boundaries' : 'end to end'}: ${shares.join(', ')}.`,
    table: {
      columns: [
        { header: isInside ? 'boundary' : 'path', isNumber: false },
        { header: 'outcome', isNumber: false },
        { header: 'copies', isNumber: true },
      ],
      rows: ledgers.flatMap(([name, ledger]) =>
        outcomesOf(ledger).map(({ label, value }) => [shortName(name), label, formatCount(value)]),
      ),
      note: null,
    },
  };
}

const ORDER: readonly FlowNode['tone'][] = [
  'source',
  'delivered',
  'coalesced',
  'waiting',
  'lost',
  'unaccounted',
];

function byTone(a: FlowNode, b: FlowNode): number {
  return ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone) || b.value - a.value;
}

function outcomesOf(ledger: LedgerSnapshot): Outcome[] {
  const outcomes: Outcome[] = [
    { label: 'delivered', tone: 'delivered', value: ledger.delivered },
    ...byReason('dropped', 'lost', ledger.dropped),
    ...byReason('coalesced', 'coalesced', ledger.coalesced),
    ...byReason('failed', 'lost', ledger.failed),
    { label: 'still queued', tone: 'waiting', value: ledger.queued },
    { label: 'in flight', tone: 'waiting', value: ledger.inFlight },
    { label: 'blocked', tone: 'waiting', value: ledger.blocked },
    { label: 'spilled', tone: 'waiting', value: ledger.spilled },
    // Negative where something was counted twice; the size is what is wrong.
    { label: 'UNACCOUNTED', tone: 'unaccounted', value: Math.abs(ledger.unaccounted) },
  ];
  return outcomes.filter(({ value }) => value > 0);
}

const MAX_REASONS = 8;

/** The most frequent reasons; what is left of very many together. */
function byReason(word: string, tone: Outcome['tone'], counts: Readonly<Record<string, number>>): Outcome[] {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const outcomes = sorted
    .slice(0, MAX_REASONS)
    .map(([reason, value]): Outcome => ({ label: `${word}: ${shortName(reason)}`, tone, value }));
  const rest = sumReasons(Object.fromEntries(sorted.slice(MAX_REASONS)));
  return rest > 0 ? [...outcomes, { label: `${word}: other reasons`, tone, value: rest }] : outcomes;
}
