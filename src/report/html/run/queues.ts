/** What the queues held, and what holding it cost. */
import { sumReasons } from '../../../core/ledger.ts';
import type { RunRecord } from '../../../core/record.ts';
import { listQueues } from '../../readings.ts';
import { describeBroughtBack, formatFullest, renderResources } from '../../summary-tables.ts';
import { html } from '../markup.ts';
import type { Section } from '../section.ts';
import { mixedNumbers, numbers, renderTable, words } from '../table.ts';

export function queuesSection(record: RunRecord): Section {
  const queues = listQueues(record);
  const lines = [...describeBroughtBack(record), ...renderResources(record)];
  return {
    id: 'queues',
    title: 'Queues and resources',
    lead: null,
    content: [
      renderTable('What each queue held', [
        words(
          'queue',
          queues.map(({ name }) => name),
        ),
        words(
          'strategy',
          queues.map(({ queue }) => html`<code>${queue.strategy}</code>`),
        ),
        mixedNumbers('fullest', queues.map(formatFullest)),
        numbers(
          'mean',
          'any',
          queues.map(({ queue }) => queue.depth.mean),
        ),
        numbers(
          'bytes at most',
          'bytes',
          queues.map(({ queue }) => queue.bytes.max),
        ),
        numbers(
          'dropped',
          'count',
          queues.map(({ ledger }) => (ledger === undefined ? null : sumReasons(ledger.dropped))),
          'lower',
        ),
        numbers(
          'producers waited',
          'ms',
          queues.map(({ queue }) => queue.blockedMs),
          'lower',
        ),
        numbers(
          'waiting at once',
          'count',
          queues.map(({ queue }) => queue.waitersMax),
        ),
      ]),
      lines.length > 0 && html`<ul class="notes">${lines.map((line) => html`<li>${line}</li>`)}</ul>`,
    ],
  };
}
