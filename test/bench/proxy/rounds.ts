/** Interleaved rounds: every subject once per round, so that a machine that slows down slows all of them. */
import { cpuUs, rssMb } from './process.ts';

/** What a load made of a subject. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
}

export interface Subject {
  readonly name: string;
  /** Of npm, and so one of those that the goal is measured against. */
  readonly isPackage: boolean;
  /** Whose CPU and memory count; none for a way without a proxy. */
  readonly pid: number | undefined;
  /** Plays the load for about `seconds`. Throws when an answer is not as it must be. */
  play(seconds: number): Promise<Load>;
}

/** Medians over the rounds. */
export interface Measured {
  readonly name: string;
  readonly isPackage: boolean;
  readonly requestsPerSec: number;
  /** Lowest and highest round. */
  readonly range: readonly [number, number];
  readonly cpuUsPerRequest: number | null;
  /** After the last round. */
  readonly rssMb: number | null;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly seconds: number;
  onRound(round: number): void;
}

export async function playRounds(subjects: readonly Subject[], options: RoundOptions): Promise<Measured[]> {
  for (const subject of subjects) await play(subject, 1); // warm: compiled and connected
  const rates = subjects.map((): number[] => []);
  const costs = subjects.map((): number[] => []);
  for (let round = 1; round <= options.rounds; round++) {
    options.onRound(round);
    for (const [at, subject] of subjects.entries()) {
      const { pid } = subject;
      const before = pid === undefined ? 0 : cpuUs(pid);
      const { requests, seconds } = await play(subject, options.seconds);
      if (pid !== undefined) costs[at]?.push((cpuUs(pid) - before) / requests);
      rates[at]?.push(requests / seconds);
    }
  }
  return subjects.map(({ name, isPackage, pid }, at) => {
    const own = rates[at] as number[];
    return {
      name,
      isPackage,
      requestsPerSec: median(own),
      range: [Math.min(...own), Math.max(...own)],
      cpuUsPerRequest: pid === undefined ? null : median(costs[at] as number[]),
      rssMb: pid === undefined ? null : rssMb(pid),
    };
  });
}

async function play(subject: Subject, seconds: number): Promise<Load> {
  try {
    return await subject.play(seconds);
  } catch (cause) {
    throw new Error(`${subject.name} did not stand the load`, { cause });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
