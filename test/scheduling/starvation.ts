/** How long the least critical item waits beside more critical ones that never stop coming. */
import { createRandom } from '../../src/core/random.ts';
import { HandClock, type Job, type Making, MS, openQueue, SEED } from './queue.ts';

const AGING_MS = 20;

/**
 * One item per ms comes and one leaves, 30 wait. Nothing that arrives more than (class + 1) · aging after an
 * item may go before it: so its wait is at most that, and the time to drain what arrived until then.
 */
export function findStarvationProblem(making: Making): string | undefined {
  const random = createRandom(SEED, 'classes');
  const clock = new HandClock();
  const channel = openQueue({ scheduling: making, params: { agingMs: AGING_MS }, clock });
  const waiting = new Map<number, { job: Job; sinceMs: number }>();
  const offer = (id: number): void => {
    const job = { id, class: random.next() < 0.8 ? 0 : random.int(8), flow: 0, size: 1 };
    waiting.set(id, { job, sinceMs: clock.ns / MS });
    channel.offer(job);
  };
  for (let id = 0; id < 30; id++) offer(id);
  for (let ms = 1; ms < 3000; ms++) {
    clock.ns = ms * MS;
    offer(ms + 30);
    const job = channel.tryTake();
    if (job === undefined) return 'P19 idle with items';
    channel.delivered(job);
    const taken = waiting.get(job.id)?.sinceMs as number;
    waiting.delete(job.id);
    for (const { job: other, sinceMs } of waiting.values()) {
      if (taken <= sinceMs + (other.class + 1) * AGING_MS) continue;
      return `class ${other.class} since ${sinceMs} ms still waits at ${ms} ms, after one of ${taken} ms`;
    }
  }
  return undefined;
}
