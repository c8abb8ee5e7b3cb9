/** What each group of clients got. */
import { sumReasons } from '../../../core/ledger.ts';
import type { RunRecord } from '../../../core/record.ts';
import { formatBytes, formatCount } from '../../../core/units.ts';
import { countUnfinished, formatReasons } from '../../format.ts';
import { isSlowReader, listGroups, type NamedGroup } from '../../readings.ts';
import { html, label } from '../markup.ts';
import type { Section } from '../section.ts';
import { numbers, renderTable, words } from '../table.ts';

export function clientsSection(record: RunRecord): Section {
  const groups = listGroups(record);
  const ledgers = groups.map(({ result }) => result.ledger);
  const views = groups.map(({ result }) => result.latency);
  const notes = groups.flatMap(describeRest);
  return {
    id: 'clients',
    title: 'Clients',
    lead:
      groups.length === 0
        ? null
        : 'Response times are of what was delivered, from the moment it was due. “p99 of all” counts what never came as infinitely late.',
    content: [
      renderTable('What each group of clients got', [
        words('clients', groups.map(describeGroup)),
        numbers(
          'number',
          'count',
          groups.map(({ result }) => result.connections),
        ),
        numbers(
          'offered',
          'count',
          ledgers.map(({ offered }) => offered),
        ),
        numbers(
          'delivered',
          'count',
          ledgers.map(({ delivered }) => delivered),
          'higher',
        ),
        numbers(
          'dropped',
          'count',
          ledgers.map(({ dropped }) => sumReasons(dropped)),
          'lower',
        ),
        numbers(
          'p50',
          'ms',
          views.map(({ response }) => response.p50),
          'lower',
        ),
        numbers(
          'p99',
          'ms',
          views.map(({ response }) => response.p99),
          'lower',
        ),
        numbers(
          'max',
          'ms',
          views.map(({ response }) => response.max),
          'lower',
        ),
        numbers(
          'p99 of all',
          'ms',
          views.map(({ all }) => all.p99),
          'lower',
        ),
        numbers(
          'age p99',
          'ms',
          views.map(({ age }) => age?.p99),
          'lower',
        ),
        numbers(
          'too late or lost',
          'share',
          views.map(({ deadlineMiss }) => deadlineMiss.share),
          'lower',
        ),
      ]),
      notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`,
    ],
  };
}

function describeGroup(group: NamedGroup): ReturnType<typeof html> {
  const { client, result, name } = group;
  const rate = client?.readBytesPerSec ?? null;
  const words = [
    result.path,
    client?.via === 'unix' ? 'Unix socket' : '',
    isSlowReader(group) && rate !== null ? (rate === 0 ? 'never reads' : `reads ${formatBytes(rate)}/s`) : '',
  ].filter((word) => word !== '' && word !== name);
  return html`<bdi>${label(name)}</bdi>${words.length > 0 && html` <span class="aside">${words.join(', ')}</span>`}`;
}

/** Copies that neither simply arrived nor were dropped for one reason, and the deadline that `too late` means. */
function describeRest({ name, result }: NamedGroup): string[] {
  const { ledger } = result;
  const parts = [
    count('failed', sumReasons(ledger.failed), formatReasons(ledger.failed)),
    count('merged into others', sumReasons(ledger.coalesced), formatReasons(ledger.coalesced)),
    count('dropped', sumReasons(ledger.dropped), formatReasons(ledger.dropped)),
    count('unfinished at the end', countUnfinished(ledger), ''),
    count('unaccounted for', ledger.unaccounted, ''),
    count('came out of order', result.reordered, ''),
    count('came twice', result.duplicates, ''),
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [`${label(name)}: ${parts.join('; ')}.`];
}

function count(what: string, number: number, reasons: string): string {
  return number === 0 ? '' : `${formatCount(number)} ${what}${reasons === '' ? '' : ` (${reasons})`}`;
}
