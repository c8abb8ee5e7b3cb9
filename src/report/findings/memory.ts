/** Where the bytes were, and what was left over. */
import type { Finding, RunRecord } from '../../core/record.ts';
import { formatBytes, formatCount, formatShare } from '../../core/units.ts';
import { listGroups } from '../readings.ts';

/** Above this share of the limit it was close. */
const CLOSE_TO_LIMIT = 0.9;

/** Accounted bytes against the limit. */
export function findMemory(record: RunRecord): Finding[] {
  const { accountedMaxBytes } = record.memory;
  const { maxMemoryBytes } = record.scenario.system.resources;
  if (accountedMaxBytes === null || maxMemoryBytes === null || maxMemoryBytes <= 0) return [];
  const share = accountedMaxBytes / maxMemoryBytes;
  const numbers = `${formatBytes(accountedMaxBytes)} of the ${formatBytes(maxMemoryBytes)} allowed`;
  return share >= CLOSE_TO_LIMIT
    ? [
        {
          code: 'memory-near-limit',
          level: 'warn',
          text: `Queues and unsent writes held ${numbers} (${formatShare(share)}).`,
        },
      ]
    : [
        {
          code: 'memory-within-limit',
          level: 'info',
          text: `Queues and unsent writes never held more than ${numbers}.`,
        },
      ];
}

export function findLeaks(record: RunRecord): Finding[] {
  const { leaked } = record.tasks;
  if (leaked === null || leaked === 0) return [];
  return [
    {
      code: 'tasks-leaked',
      level: 'warn',
      text: `${formatCount(leaked)} task${leaked === 1 ? ' was' : 's were'} still alive after the load was gone.`,
    },
  ];
}

/** What the kernel swallows before a slow reader is felt, in events of this run. */
export function findHiddenBuffers(record: RunRecord): Finding[] {
  const slowVias = new Set(
    listGroups(record).flatMap(({ client }) =>
      client === undefined || client.readBytesPerSec === null ? [] : [client.via],
    ),
  );
  const eventBytes = Math.max(
    0,
    ...record.scenario.phases.map((phase) => (phase.publish ? phase.eventBytes : 0)),
  );
  if (eventBytes === 0) return [];
  return record.hiddenBuffers
    .filter((buffer) => slowVias.has(buffer.via) && buffer.hiddenBytes > 0)
    .map(({ via, hiddenBytes }) => ({
      code: 'hidden-buffer',
      level: 'info',
      text: `Before a slow reader over ${via === 'tcp' ? 'TCP' : 'the Unix socket'} is felt, the kernel takes ${formatBytes(hiddenBytes)}: about ${formatCount(hiddenBytes / eventBytes)} events beside the queue.`,
    }));
}
