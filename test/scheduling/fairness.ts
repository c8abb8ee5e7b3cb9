/** P27: how evenly flows that all have items are served, in bytes. */

import { createVirtualClock } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Channel } from '../../src/system/channel/channel.ts';
import { type Job, type Making, openQueue, SEED } from './queue.ts';

const MAX_ITEM_BYTES = 1500;
/** Below, at and above the largest item. */
const QUANTA_BYTES = [200, 1500, 6000];
/** Of each flow: one sends large items, one small ones, the others any. */
const SIZES: readonly (readonly [least: number, most: number])[] = [
  [MAX_ITEM_BYTES, MAX_ITEM_BYTES],
  [40, 60],
  [40, MAX_ITEM_BYTES],
  [700, 800],
];

export function findFairnessProblem(making: Making): string | undefined {
  for (const quantumBytes of QUANTA_BYTES) {
    const problem = findSteadyProblem(making, quantumBytes) ?? findComebackProblem(making, quantumBytes);
    if (problem !== undefined) return `P27 ${problem} (quantum ${quantumBytes})`;
  }
  return undefined;
}

/** Every flow always has items. */
function findSteadyProblem(making: Making, quantumBytes: number): string | undefined {
  const random = createRandom(SEED, 'sizes');
  const channel = open(making, quantumBytes);
  let id = 0;
  const refill = (flow: number): void => {
    const [least, most] = SIZES[flow] as readonly [number, number];
    channel.offer({ id: id++, class: 1, flow, size: least + random.int(most - least + 1) });
  };
  for (let round = 0; round < 3; round++) for (const flow of SIZES.keys()) refill(flow);
  const gaps = new Gaps(SIZES.length);
  for (let i = 0; i < 6000; i++) {
    const job = channel.tryTake();
    if (job === undefined) return 'idle with items';
    channel.delivered(job);
    gaps.serve(job.flow as number, job.size);
    refill(job.flow as number);
  }
  if (gaps.jain < 0.99) return `Jain's index ${gaps.jain.toFixed(4)}`;
  return gaps.findProblem(quantumBytes);
}

/** A flow that was busy now and then gets no more than the others once it has items all the time. */
function findComebackProblem(making: Making, quantumBytes: number): string | undefined {
  const channel = open(making, quantumBytes);
  for (let id = 0; id < 400; id++) channel.offer({ id, class: 1, flow: 0, size: 1000 });
  for (let round = 0; round < 100; round++) {
    channel.offer({ id: 1000 + round, class: 1, flow: 1, size: 1 });
    for (let job = channel.tryTake(); job !== undefined; job = channel.tryTake()) {
      channel.delivered(job);
      if (job.flow === 1) break;
    }
    if (channel.depthItems < 350)
      for (let i = 0; i < 50; i++) channel.offer({ id: i, class: 1, flow: 0, size: 1000 });
  }
  for (let id = 0; id < 400; id++) channel.offer({ id, class: 1, flow: 1, size: 1000 });
  const gaps = new Gaps(2);
  for (let i = 0; i < 300; i++) {
    const job = channel.tryTake();
    if (job === undefined) return 'idle with items';
    channel.delivered(job);
    gaps.serve(job.flow as number, job.size);
  }
  return gaps.findProblem(quantumBytes);
}

function open(making: Making, quantumBytes: number): Channel<Job> {
  return openQueue({
    scheduling: making,
    params: { quantumBytes, targetMs: 1e6, intervalMs: 1e7 },
    clock: createVirtualClock(),
  });
}

/** Bytes by flow, and the widest that two of them drifted apart between any two moments. */
class Gaps {
  private readonly bytes: number[];
  private readonly least: number[][];
  private readonly most: number[][];

  constructor(flows: number) {
    this.bytes = new Array(flows).fill(0);
    this.least = this.bytes.map(() => new Array(flows).fill(0));
    this.most = this.bytes.map(() => new Array(flows).fill(0));
  }

  serve(flow: number, bytes: number): void {
    this.bytes[flow] = (this.bytes[flow] as number) + bytes;
    for (let i = 0; i < this.bytes.length; i++) {
      for (let j = 0; j < this.bytes.length; j++) {
        const gap = (this.bytes[i] as number) - (this.bytes[j] as number);
        const [least, most] = [this.least[i] as number[], this.most[i] as number[]];
        least[j] = Math.min(least[j] as number, gap);
        most[j] = Math.max(most[j] as number, gap);
      }
    }
  }

  get jain(): number {
    const sum = this.bytes.reduce((total, bytes) => total + bytes, 0);
    const squares = this.bytes.reduce((total, bytes) => total + bytes * bytes, 0);
    return sum ** 2 / (this.bytes.length * squares);
  }

  findProblem(quantumBytes: number): string | undefined {
    const boundBytes = quantumBytes + 2 * MAX_ITEM_BYTES;
    const widest = Math.max(
      ...this.most.flatMap((row, i) => row.map((most, j) => most - (this.least[i]?.[j] ?? 0))),
    );
    return widest <= boundBytes ? undefined : `two flows ${widest} bytes apart, at most ${boundBytes}`;
  }
}
