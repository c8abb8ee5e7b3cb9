/** What the pacer takes up: arrivals phase after phase, and single moments. */
import { NS_PER_MS } from '../core/clock.ts';
import type { Arrivals, Phase } from '../core/plan.ts';
import { createRandom } from '../core/random.ts';
import { createDueTimes, type DueTimes } from './arrivals.ts';
import type { DueSource } from './pacer.ts';
import type { Timetable } from './timetable.ts';

export interface ArrivalSourceOptions {
  readonly timetable: Timetable;
  readonly seed: number;
  /** Names the random stream: each purpose has its own. */
  readonly label: string;
  readonly arrivalsOf: (phase: Phase) => Arrivals | null;
  readonly onDue: (dueNs: number, nowNs: number) => void;
}

/** The arrivals of one purpose (publishing, or one group's requests) over all phases. */
export class ArrivalSource implements DueSource {
  readonly isArrival = true;
  dueNs = Number.POSITIVE_INFINITY;
  readonly #options: ArrivalSourceOptions;
  #phaseIndex = -1;
  #dueTimes: DueTimes | undefined;

  constructor(options: ArrivalSourceOptions) {
    this.#options = options;
    this.#advance();
  }

  take(nowNs: number): void {
    const dueNs = this.dueNs;
    this.#advance();
    this.#options.onDue(dueNs, nowNs);
  }

  #advance(): void {
    const { timetable } = this.#options;
    for (;;) {
      const offsetNs = this.#dueTimes?.nextNs() ?? Number.POSITIVE_INFINITY;
      if (offsetNs !== Number.POSITIVE_INFINITY) {
        this.dueNs = (timetable.boundsNs[this.#phaseIndex] as number) + offsetNs;
        return;
      }
      const phase = timetable.phases[++this.#phaseIndex];
      if (phase === undefined) break;
      const arrivals = this.#options.arrivalsOf(phase);
      this.#dueTimes = arrivals === null ? undefined : this.#open(arrivals, phase);
    }
    this.dueNs = Number.POSITIVE_INFINITY;
  }

  #open(arrivals: Arrivals, phase: Phase): DueTimes {
    const { seed, label } = this.#options;
    return createDueTimes(
      arrivals,
      phase.durationMs,
      createRandom(seed, `arrivals/${label}/${this.#phaseIndex}`),
    );
  }
}

/** Calls `onMoment` with 0, 1, 2 … at the given times, which never fall. */
export class MomentSource implements DueSource {
  readonly isArrival = false;
  readonly #momentsNs: readonly number[];
  readonly #onMoment: (index: number) => void;
  #index = 0;

  constructor(momentsNs: readonly number[], onMoment: (index: number) => void) {
    this.#momentsNs = momentsNs;
    this.#onMoment = onMoment;
  }

  get dueNs(): number {
    return this.#momentsNs[this.#index] ?? Number.POSITIVE_INFINITY;
  }

  take(): void {
    this.#onMoment(this.#index++);
  }
}

/**
 * New connections: at each phase's start what the phase has more than the one before, in an order that
 * is shuffled over the groups by the seed, so that a full house turns away every group alike.
 */
export class ConnectionSource implements DueSource {
  readonly isArrival = false;
  dueNs = Number.POSITIVE_INFINITY;
  readonly #timetable: Timetable;
  readonly #groupNames: readonly string[];
  readonly #seed: number;
  readonly #onDue: (groupIndex: number) => void;
  #phaseIndex = -1;
  #order: readonly number[] = [];
  #at = 0;

  /** `groupNames`: whose connections are opened, by group index; an empty text for groups that open their own. */
  constructor(
    timetable: Timetable,
    groupNames: readonly string[],
    seed: number,
    onDue: (groupIndex: number) => void,
  ) {
    this.#timetable = timetable;
    this.#groupNames = groupNames;
    this.#seed = seed;
    this.#onDue = onDue;
    this.#advance();
  }

  take(): void {
    const groupIndex = this.#order[this.#at++] as number;
    this.#advance();
    this.#onDue(groupIndex);
  }

  #advance(): void {
    while (this.#at >= this.#order.length) {
      const phase = this.#timetable.phases[++this.#phaseIndex];
      if (phase === undefined) {
        this.dueNs = Number.POSITIVE_INFINITY;
        return;
      }
      this.#at = 0;
      this.#order = this.#listNew(phase, this.#timetable.phases[this.#phaseIndex - 1]);
    }
    const phase = this.#timetable.phases[this.#phaseIndex] as Phase;
    const spreadNs = phase.arrive === 'even' ? (phase.durationMs / 2) * NS_PER_MS : 0;
    const startNs = this.#timetable.boundsNs[this.#phaseIndex] as number;
    this.dueNs = startNs + Math.round((this.#at / this.#order.length) * spreadNs);
  }

  #listNew(phase: Phase, before: Phase | undefined): readonly number[] {
    const order: number[] = [];
    this.#groupNames.forEach((name, groupIndex) => {
      if (name === '') return;
      const fresh = (phase.connections[name] ?? 0) - (before?.connections[name] ?? 0);
      for (let i = 0; i < fresh; i++) order.push(groupIndex);
    });
    return createRandom(this.#seed, `connections/${this.#phaseIndex}`).shuffle(order);
  }
}
