/** Whether a queue ever filled, who waited for it, and how far it grew. */
import { BOUNDARIES, type BoundaryName } from '../../core/boundary.ts';
import type { Finding, RunRecord } from '../../core/record.ts';
import { formatBytes, formatCount, formatDurationMs } from '../../core/units.ts';
import { listQueues, type NamedQueue, wasPressed } from '../readings.ts';

/** A run whose queues never filled says nothing about what happens when they do. */
export function findMissingPressure(record: RunRecord): Finding[] {
  const tested = listQueues(record).filter(
    ({ name }) => record.scenario.boundary.includes(name) || isChosen(record, name),
  );
  if (tested.length === 0) return [];
  const calm = tested.filter((queue) => !wasPressed(queue));
  if (calm.length === 0) return [];
  const depths = calm.map(describeDepth).join(', ');
  if (calm.length < tested.length) {
    return [
      {
        code: 'pressure-elsewhere',
        level: 'info',
        text: `No pressure at ${depths}: the run says nothing about the strategy there.`,
      },
    ];
  }
  return [
    {
      code: 'no-pressure',
      level: 'doubt',
      text: `No queue ever filled: ${depths}. This run tested nothing about ${record.strategyName}.`,
    },
  ];
}

export function findBlocked(record: RunRecord): Finding[] {
  return listQueues(record)
    .filter(({ queue }) => queue.blockedMs > 0)
    .map(({ name, queue }) => ({
      code: 'producers-waited',
      level: 'warn',
      text: `Producers waited ${formatDurationMs(queue.blockedMs)} in total for room in ${name}${queue.waitersMax === 0 ? '' : `, up to ${formatCount(queue.waitersMax)} at a time`}.`,
    }));
}

export function findGrowth(record: RunRecord): Finding[] {
  return listQueues(record)
    .filter(({ queue, boundItems }) => boundItems === null && queue.depth.max > 0)
    .map(({ name, queue }) => ({
      code: 'unbounded-growth',
      level: queue.capacityItems !== null && queue.depth.max >= queue.capacityItems ? 'warn' : 'info',
      text: `Nothing bounds ${name}: its fullest queue grew to ${formatCount(queue.depth.max)} items, all of them together to ${formatBytes(queue.bytes.max)}.`,
    }));
}

export function findFullQueues(record: RunRecord): Finding[] {
  return listQueues(record)
    .filter((queue) => queue.boundItems !== null && wasPressed(queue))
    .map((entry) => {
      const isFull = entry.queue.depth.max >= (entry.boundItems as number);
      // Samples come ten times a second: what happened between them shows in the ledger alone.
      return {
        code: 'capacity-reached',
        level: 'info',
        text: isFull
          ? `A queue of ${entry.name} was full: ${formatCount(entry.queue.depth.max)} of ${formatCount(entry.boundItems as number)} items.`
          : `A queue of ${entry.name} ran out of room, by its bytes or between two samples (sampled at most: ${formatCount(entry.queue.depth.max)} of ${formatCount(entry.boundItems as number)} items).`,
      };
    });
}

/** Whether somebody set a strategy there: who asks about a boundary gets an answer. */
function isChosen(record: RunRecord, name: BoundaryName): boolean {
  return record.strategy[name].text !== BOUNDARIES[name].asFound;
}

function describeDepth({ name, queue, boundItems }: NamedQueue): string {
  const bound = boundItems === null ? 'items' : `of ${formatCount(boundItems)}`;
  return `${name} (${formatCount(queue.depth.max)} ${bound} at most)`;
}
