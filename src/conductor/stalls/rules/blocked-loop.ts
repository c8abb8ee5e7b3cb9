/** The system process lives and says nothing: its event loop does not turn, or nothing of it runs. */
import { formatDurationMs, formatShare } from '../../../core/units.ts';
import type { ProcessReading } from '../../../targets/process-probe.ts';
import type { Evidence, StallRule, Symptom } from '../evidence.ts';

/** Above this share of a core it computes, below it waits. */
const BUSY_SHARE = 0.5;
/** Beats come every 250 ms: less than this says nothing. */
const MIN_SILENCE_MS = 1000;

export class BlockedLoopRule implements StallRule {
  readonly #afterMs: number;
  /** The first reading of the present silence, and when that was. */
  #first: { tMs: number; cpuMs: number } | undefined;
  #trustedSinceMs = Number.NEGATIVE_INFINITY;
  #hasRestarted = false;

  constructor(stallAfterMs: number) {
    this.#afterMs = Math.max(stallAfterMs, MIN_SILENCE_MS);
  }

  look(evidence: Evidence): Symptom[] {
    const { tMs, heardMs, process } = evidence;
    if (this.#hasRestarted) this.#trustedSinceMs = tMs;
    this.#hasRestarted = false;
    if (process === null || (this.#first !== undefined && heardMs > this.#first.tMs)) this.#first = undefined;
    if (process !== null) this.#first ??= { tMs, cpuMs: process.cpuMs };
    const startedMs = Math.max(heardMs, this.#trustedSinceMs);
    if (tMs - startedMs < this.#afterMs || !isWanted(evidence)) return [];
    return [
      {
        key: 'blocked-loop',
        startedMs,
        class: 'blocked-loop',
        boundary: null,
        path: null,
        summary: `the system process said nothing for ${formatDurationMs(Math.round(tMs - startedMs))}: ${this.#describe(tMs, process)}`,
        waitsFor: [],
        cycle: [],
      },
    ];
  }

  restart(): void {
    this.#hasRestarted = true;
    this.#first = undefined;
  }

  #describe(tMs: number, process: ProcessReading | null): string {
    if (process === null || this.#first === undefined) return 'what it does cannot be read from outside';
    if (process.state === 'T' || process.state === 't') return 'it is stopped, by a signal or a debugger';
    const passedMs = tMs - this.#first.tMs;
    const share = passedMs > 0 ? (process.cpuMs - this.#first.cpuMs) / passedMs : 0;
    const used = `${formatShare(Math.min(1, share))} of a core meanwhile`;
    // On a busy machine it may want to run and seldom be let.
    if (share >= BUSY_SHARE || process.state === 'R')
      return `its event loop computes and does not turn (${used})`;
    const where =
      process.state === 'D' ? 'in the kernel, on a disk or the like' : 'inside a call that does not return';
    return `its event loop is held ${where} (${used})`;
  }
}

/** Somebody is connected or has asked for something. */
function isWanted({ load }: Evidence): boolean {
  if (load === null) return false;
  return (
    load.publish.pending > 0 ||
    Object.values(load.groups).some((group) => group.open > 0 || group.pending > 0)
  );
}
