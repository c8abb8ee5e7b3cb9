/** Prints, as JSON, how many bytes steady rounds under each scheduler and queue management allocate. Needs --expose-gc. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { AQMS } from '../../src/system/aqm/registry.ts';
import type { Channel } from '../../src/system/channel/channel.ts';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import { type Job, type Opening, openQueue } from './queue.ts';

const ROUNDS = 10_000;
/** What reading the heap itself costs, about: no need to read again. */
const QUIET_BYTES = 4096;
const JOBS: readonly Job[] = Array.from({ length: 64 }, (_, id) => ({
  id,
  class: id % 8,
  flow: `flow ${id % 8}`,
  size: 100,
}));
const gc = globalThis.gc as () => void;

/** The least of a few readings: the compiler allocates too, now and then, but not each time. */
function measureBytes(work: () => void): number {
  for (let i = 0; i < 3; i++) work();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20 && least > QUIET_BYTES; i++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    work();
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  return least;
}

function open(subject: Pick<Opening, 'scheduling' | 'aqm'>, backlog: number): () => void {
  const clock = createVirtualClock();
  const channel: Channel<Job> = openQueue({
    ...subject,
    params: { quantumBytes: 100 },
    clock,
    channel: { onEnd: () => {} },
  });
  for (let i = 0; i < backlog; i++) channel.offer(JOBS[i % JOBS.length] as Job);
  return () => {
    for (let i = 0; i < ROUNDS; i++) {
      channel.offer(JOBS[i % JOBS.length] as Job);
      const job = channel.tryTake();
      if (job !== undefined) channel.delivered(job);
    }
  };
}

const measured: Record<string, number> = {};
for (const backlog of [0, 32]) {
  for (const [name, scheduling] of Object.entries(SCHEDULERS)) {
    // A flow that becomes empty leaves the index of flows, and comes back: that is not a steady state.
    if (backlog === 0 && scheduling.effects.readsFlow) continue;
    measured[`${name}, ${backlog} waiting`] = measureBytes(open({ scheduling }, backlog));
  }
  for (const [name, aqm] of Object.entries(AQMS)) {
    measured[`${name}, ${backlog} waiting`] = measureBytes(open({ aqm }, backlog));
  }
}
const sink: unknown[] = [];
measured['control: one object each'] = measureBytes(() => {
  sink.length = 0;
  for (let i = 0; i < ROUNDS; i++) sink.push({ i });
});
process.stdout.write(JSON.stringify(measured));
