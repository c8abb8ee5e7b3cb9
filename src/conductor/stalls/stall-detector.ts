/**
 * Finds stalls: demand on both sides, and no progress for longer than a run allows. Pure: it is shown what there is
 * to see at a time, some times a second, and answers with stalls at the end. A new class is a new rule.
 */

import type { PathName } from '../../core/boundary.ts';
import type { ClientGroup } from '../../core/plan.ts';
import type { StallClass } from '../../core/record.ts';
import type { Evidence, StallRule, StallSettings, Symptom } from './evidence.ts';
import { BlockedLoopRule } from './rules/blocked-loop.ts';
import { CycleRule } from './rules/cycle.ts';
import { HeldUpRule } from './rules/held-up.ts';
import { IdleQueueRule } from './rules/idle-queue.ts';
import { StallBook, type StallReport } from './stall-book.ts';

/** Nobody who is away for longer than this, or half of the time that makes a stall, knows what stood still. */
const MIN_GAP_MS = 1000;

export class StallDetector {
  readonly #maxGapMs: number;
  readonly #blockedLoop: BlockedLoopRule;
  /**
   * Those that read the system's own samples. A path that somebody is known to hold up has no idle queue; a cycle
   * explains nobody but those who wait for it.
   */
  readonly #rules: readonly StallRule[];
  readonly #book = new StallBook();
  #lookedMs: number | undefined;
  #sampledMs: number | undefined;

  constructor(settings: StallSettings, clients: readonly Pick<ClientGroup, 'name' | 'path'>[]) {
    const { stallAfterMs } = settings;
    this.#maxGapMs = Math.max(MIN_GAP_MS, stallAfterMs / 2);
    this.#blockedLoop = new BlockedLoopRule(stallAfterMs);
    this.#rules = [
      new CycleRule(stallAfterMs),
      new HeldUpRule(settings, clients),
      new IdleQueueRule(settings),
    ];
  }

  /** To be called several times a second, in the order of time. */
  look(evidence: Evidence): void {
    const { tMs, system } = evidence;
    const wasAway = this.#lookedMs !== undefined && tMs - this.#lookedMs > this.#maxGapMs;
    this.#lookedMs = tMs;
    if (wasAway) for (const rule of [this.#blockedLoop, ...this.#rules]) rule.restart();
    const symptoms = this.#blockedLoop.look(evidence);
    // An old sample read again would let time pass that nobody saw.
    const isNew = system !== null && system.tMs !== this.#sampledMs;
    if (isNew) symptoms.push(...this.#readSamples(evidence, system.tMs));
    // A system that tells nothing leaves all that it told last as it was.
    const couldSee = (kind: StallClass): boolean => isNew || kind === 'blocked-loop';
    this.#book.note(tMs, symptoms, couldSee);
  }

  /** What lasts has lasted until `tMs`. */
  finish(tMs: number): StallReport {
    return this.#book.close(tMs);
  }

  #readSamples(evidence: Evidence, sampledMs: number): Symptom[] {
    const wasSilent = this.#sampledMs !== undefined && sampledMs - this.#sampledMs > this.#maxGapMs;
    this.#sampledMs = sampledMs;
    if (wasSilent) for (const rule of this.#rules) rule.restart();
    const symptoms: Symptom[] = [];
    const explained = new Set<PathName>();
    for (const rule of this.#rules) {
      const found = rule.look(evidence).filter(({ path }) => path === null || !explained.has(path));
      symptoms.push(...found);
      for (const { class: kind, path } of found) if (kind !== 'cycle' && path !== null) explained.add(path);
    }
    return symptoms;
  }
}
