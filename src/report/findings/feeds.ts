/** What became of clients that the bus had lapped: brought back from the store, told, or let go. */
import type { Finding, RunRecord } from '../../core/record.ts';
import { formatCount } from '../../core/units.ts';
import { countBroughtBack, countPressureLosses } from '../readings.ts';

/** Who fell behind the bus and got from the store what it missed: late, and not lost. */
export function findBroughtBack(record: RunRecord): Finding[] {
  const back = countBroughtBack(record);
  const lost = countPressureLosses(record.ledgers.boundaries['sse.bus']);
  if (back === 0) return [];
  const share = back >= lost ? `all ${formatCount(back)}` : `${formatCount(back)} of ${formatCount(lost)}`;
  return [
    {
      code: 'brought-back',
      level: 'info',
      text: `The store brought back ${share} copies that sse.bus had dropped: late, and not lost.`,
    },
  ];
}

/** What SSE clients were told of what they missed, and whose stream ended for it. */
export function findToldClients(record: RunRecord): Finding[] {
  const sse = record.feed?.sse;
  if (sse === null || sse === undefined) return [];
  const told = [
    count(sse.gaps, 'gap'),
    count(sse.snapshots, 'snapshot'),
    count(sse.reloads, 'reload'),
    count(sse.staleMarks, 'stale mark'),
    count(sse.endedByLag, 'stream ended', 'streams ended'),
  ].filter((text) => text !== '');
  if (told.length === 0) return [];
  const laps = sse.lags === 0 ? '' : ` The bus lapped them ${formatCount(sse.lags)} times.`;
  return [
    {
      code: 'clients-told',
      level: 'info',
      text: `What SSE clients saw of what they missed: ${told.join(', ')}.${laps}`,
    },
  ];
}

function count(times: number, one: string, many = `${one}s`): string {
  return times === 0 ? '' : `${formatCount(times)} ${times === 1 ? one : many}`;
}
