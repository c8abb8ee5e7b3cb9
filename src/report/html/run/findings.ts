/** What the run shows in plain words, each with links to the pictures that show it. */
import type { Finding } from '../../../core/record.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { renderStatus, type Tone } from '../status.ts';

/** What of the page shows a finding: ids of figures or sections. What is not on the page is not linked. */
const SHOWN_BY: Readonly<Record<string, readonly string[]>> = {
  'no-pressure': ['queue-depth'],
  'pressure-elsewhere': ['queue-depth'],
  'capacity-reached': ['queue-depth'],
  'unbounded-growth': ['queue-depth', 'bytes'],
  'memory-within-limit': ['bytes'],
  'memory-near-limit': ['bytes'],
  'memory-guard': ['bytes'],
  'tasks-leaked': ['tasks'],
  'hidden-buffer': ['environment'],
  drops: ['losses', 'ledger-flow'],
  'critical-lost': ['losses', 'ledger-flow'],
  'proxy-events-lost': ['losses', 'ledger-flow'],
  'pending-forever': ['losses'],
  'brought-back': ['ledger-flow'],
  'clients-told': ['losses'],
  failed: ['ledger-flow'],
  'connections-failed': ['tasks'],
  'connections-rejected': ['losses'],
  'fast-readers-unhurt': ['latency-over-time'],
  'fast-readers-late': ['latency-over-time'],
  'fast-readers-hurt': ['latency-over-time', 'losses'],
  'fast-readers-waited': ['latency-over-time'],
  recovered: ['latency-over-time'],
  'not-recovered': ['latency-over-time'],
  'slow-readers-behind': ['age', 'percentiles'],
  'slow-readers-starved': ['age', 'rates'],
  'producers-waited': ['queue-depth', 'rates'],
  'wait-inside-system': ['latency-over-time', 'queue-depth'],
  'waits-for-itself': ['stalls'],
  'stall-cycle': ['stalls'],
  'stall-blocked-loop': ['stalls'],
  'stall-zero-window': ['stalls'],
  'stall-lost-wake-up': ['stalls'],
  'stalls-untold': ['stalls'],
};

const LEVELS: Record<Finding['level'], { tone: Tone; word: string }> = {
  doubt: { tone: 'doubt', word: 'doubt' },
  warn: { tone: 'doubt', word: 'warning' },
  info: { tone: 'plain', word: 'note' },
};

/** `titles`: of everything on the page that can be linked to, by id. */
export function findingsSection(findings: readonly Finding[], titles: ReadonlyMap<string, string>): Section {
  const important = findings.filter(({ level }) => level !== 'info');
  const notes = findings.filter(({ level }) => level === 'info');
  const list = (of: readonly Finding[]) => html`<ul class="findings">
${of.map((finding) => renderFinding(finding, titles))}</ul>
`;
  return {
    id: 'findings',
    title: 'Findings',
    lead: null,
    content: [important.length > 0 && list(important), notes.length > 0 && list(notes)],
  };
}

function renderFinding({ code, level, text }: Finding, titles: ReadonlyMap<string, string>): Markup {
  const { tone, word } = LEVELS[level];
  const shownBy = Object.hasOwn(SHOWN_BY, code) ? (SHOWN_BY[code] ?? []) : [];
  const links = shownBy.flatMap((id) => {
    const title = titles.get(id);
    return title === undefined ? [] : [html` <a class="see" href="#${id}">→ ${title}</a>`];
  });
  return html`<li>${renderStatus(tone, word)} <span>${text}${links}</span></li>
`;
}
