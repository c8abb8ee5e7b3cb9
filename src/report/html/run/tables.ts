/** Phases, theory, and where the run ran: sections that are one table. */
import type { RunRecord } from '../../../core/record.ts';
import { formatBytes } from '../../../core/units.ts';
import { html, label } from '../markup.ts';
import { formatQuantity, quantityOf } from '../quantity.ts';
import type { Section } from '../section.ts';
import { mixedNumbers, numbers, renderTable, words } from '../table.ts';
import { withWord } from './validity.ts';

/** One row for each phase and group that was heard in it. */
export function phasesSection({ phases }: RunRecord): Section {
  const rows = phases.flatMap((phase) => {
    const groups = Object.entries(phase.groups);
    const heard = groups.length === 0 ? [['–', null] as const] : groups;
    return heard.map(([group, result], at) => ({ phase, group, result, isFirst: at === 0 }));
  });
  const once = <T>(read: (row: (typeof rows)[number]) => T) =>
    rows.map((row) => (row.isFirst ? read(row) : null));
  return {
    id: 'phases',
    title: 'Phases',
    lead: null,
    content: renderTable('What was measured in each phase', [
      words(
        'phase',
        rows.map(({ phase, isFirst }) => [
          html`<bdi${!isFirst && html` class="visually-hidden"`}>${label(phase.name)}</bdi>`,
          isFirst && !phase.measured && html` <span class="aside">not measured</span>`,
        ]),
      ),
      withoutDashes(
        numbers(
          'length',
          'ms',
          once(({ phase }) => phase.durationMs),
        ),
      ),
      withoutDashes(
        numbers(
          'connections',
          'count',
          once(({ phase }) => phase.connectionsOpen),
        ),
      ),
      withoutDashes(
        numbers(
          'queued',
          'bytes',
          once(({ phase }) => phase.accountedBytes),
        ),
      ),
      words(
        'clients',
        rows.map(({ group }) => html`<bdi>${label(group)}</bdi>`),
      ),
      numbers(
        'delivered',
        'count',
        rows.map(({ result }) => result?.delivered),
        'higher',
      ),
      numbers(
        'p50',
        'ms',
        rows.map(({ result }) => result?.p50Ms),
        'lower',
      ),
      numbers(
        'p99',
        'ms',
        rows.map(({ result }) => result?.p99Ms),
        'lower',
      ),
      numbers(
        'max',
        'ms',
        rows.map(({ result }) => result?.maxMs),
        'lower',
      ),
    ]),
  };
}

/** For values that are told once for several rows. */
function withoutDashes(column: ReturnType<typeof numbers>): ReturnType<typeof numbers> {
  return { ...column, cells: column.cells.map((cell) => (cell === '–' ? '' : cell)) };
}

export function predictionsSection({ predictions }: RunRecord): Section {
  const describe = (value: number | null, unit: string): string => {
    const { quantity, word } = quantityOf(unit);
    return withWord(formatQuantity(value, quantity), word);
  };
  return {
    id: 'predictions',
    title: 'Theory and measurement',
    lead: 'What queueing theory says for this very load, beside what happened.',
    content: renderTable('Predicted and measured', [
      words(
        'quantity',
        predictions.map(({ quantity }) => quantity),
      ),
      mixedNumbers(
        'predicted',
        predictions.map(({ predicted, unit }) => describe(predicted, unit)),
      ),
      mixedNumbers(
        'measured',
        predictions.map(({ measured, unit }) => describe(measured, unit)),
      ),
      words(
        'formula',
        predictions.map(({ formula }) => html`<code>${formula}</code>`),
      ),
      words(
        'where',
        predictions.map(({ assumptions }) => assumptions),
      ),
    ]),
  };
}

export function environmentSection(record: RunRecord): Section {
  const { environment: host, hiddenBuffers } = record;
  const facts: [string, string][] = [
    ['Run', record.id],
    ['bpbench', host.gitCommit === null ? host.bpbenchVersion : `${host.bpbenchVersion} (${host.gitCommit})`],
    ['Node', host.nodeVersion],
    ['Operating system', `${host.os} ${host.kernel}`],
    ['Processor', `${host.cpuModel}, ${host.cores} core${host.cores === 1 ? '' : 's'}`],
    ['Memory', formatBytes(host.memoryBytes)],
    ['Open files allowed', formatQuantity(host.openFilesLimit, 'count')],
    ...hiddenBuffers.map(({ via, hiddenBytes, writeBytes }): [string, string] => [
      `Kernel buffers, ${via === 'tcp' ? 'TCP' : 'Unix socket'}`,
      `${formatBytes(hiddenBytes)} before a reader that stopped is felt, in writes of ${formatBytes(writeBytes)}`,
    ]),
    [
      'Packages',
      Object.entries(host.packages)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ];
  return {
    id: 'environment',
    title: 'Where it ran',
    lead: null,
    content: renderFacts(facts),
  };
}

/** Names and values that are no table. */
export function renderFacts(
  facts: readonly (readonly [name: string, value: string])[],
): ReturnType<typeof html> {
  return html`<dl class="list">
${facts.map(
  ([name, value]) => html`<div><dt>${label(name)}</dt><dd>${value}</dd></div>
`,
)}</dl>
`;
}
