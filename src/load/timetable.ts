/** The phases on the absolute time axis of the run. */
import { NS_PER_MS } from '../core/clock.ts';
import type { Phase } from '../core/plan.ts';

export class Timetable {
  readonly phases: readonly Phase[];
  /** Start of each phase in nanoseconds since the epoch, and the end of the last as one more. */
  readonly boundsNs: readonly number[];
  readonly #boundsUs: readonly number[];
  readonly #bursts: readonly ('none' | 'start' | 'whole')[];
  #recent = 0;

  constructor(phases: readonly Phase[], startMs: number) {
    const boundsNs = [Math.round(startMs * NS_PER_MS)];
    let sumMs = 0;
    for (const phase of phases) {
      sumMs += phase.durationMs;
      boundsNs.push(Math.round((startMs + sumMs) * NS_PER_MS));
    }
    this.phases = phases;
    this.boundsNs = boundsNs;
    this.#boundsUs = boundsNs.map(toWireUs);
    this.#bursts = phases.map((phase, index) => findBurst(phase, phases[index - 1]));
  }

  get endNs(): number {
    return this.boundsNs[this.phases.length] as number;
  }

  /**
   * The phase in which work intended at `intendedUs` was due; the first or the last one outside of the
   * plan. Neighbouring calls mostly ask for the same phase, so the search starts at the last answer.
   */
  indexAt(intendedUs: number): number {
    const bounds = this.#boundsUs;
    let index = this.#recent;
    while (index > 0 && intendedUs < (bounds[index] as number)) index--;
    while (index < this.phases.length - 1 && intendedUs >= (bounds[index + 1] as number)) index++;
    this.#recent = index;
    return index;
  }

  measuredAt(intendedUs: number): boolean {
    return this.phases[this.indexAt(intendedUs)]?.measured ?? false;
  }

  /**
   * Whether `dueNs` lies in a burst: within the first second after many connections were asked for at once,
   * or in a phase that publishes or requests in bursts. The generator may be late there.
   */
  isBurstAt(dueNs: number): boolean {
    const index = this.indexAt(toWireUs(dueNs));
    return (
      this.#bursts[index] === 'whole' ||
      (this.#bursts[index] === 'start' && dueNs - (this.boundsNs[index] as number) < BURST_NS)
    );
  }

  /** The name of the phase that runs at `nowNs`; `null` before the first and after the last. */
  nameAt(nowNs: number): string | null {
    if (nowNs < (this.boundsNs[0] as number) || nowNs >= this.endNs) return null;
    return this.phases[this.indexAt(toWireUs(nowNs))]?.name ?? null;
  }
}

/** This many new connections at once take the generator a while. */
const MANY_CONNECTIONS = 50;
const BURST_NS = 1_000 * NS_PER_MS;

function findBurst(phase: Phase, before: Phase | undefined): 'none' | 'start' | 'whole' {
  const arrivals = [phase.publish, ...Object.values(phase.arrivals)];
  if (arrivals.some((one) => one?.model === 'burst')) return 'whole';
  const count = (of: Phase | undefined): number =>
    Object.values(of?.connections ?? {}).reduce((sum, one) => sum + one, 0);
  return phase.arrive === 'at-once' && count(phase) - count(before) >= MANY_CONNECTIONS ? 'start' : 'none';
}

/** Nanoseconds as the whole microseconds that travel. Always down, so that nothing seems to leave its phase. */
export function toWireUs(ns: number): number {
  return Math.floor(ns / 1000);
}
