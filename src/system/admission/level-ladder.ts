/** Levels with a gap between entering and leaving, in value and in time, so that they do not flap. */

interface Rung {
  readonly enter: number;
  readonly leave: number;
}

/** Degraded, essential, protective. */
export const RUNGS: readonly Rung[] = [
  { enter: 0.7, leave: 0.55 },
  { enter: 0.85, leave: 0.7 },
  { enter: 0.95, leave: 0.8 },
];

/**
 * Each rung by itself: on at once at `enter`, off when pressure has been at or below `leave` for the whole
 * dwell. The level is the highest rung that is on. So it is monotone: wherever pressure is never lower, the
 * level is never lower either. (Counting the dwell from the entry would not be: who enters later leaves later.)
 */
export class LevelLadder {
  level = 0;
  private readonly dwellNs: number;
  /** By rung: since when pressure has been at or below `leave`; Infinity while it is above. */
  private readonly calmSinceNs: number[] = RUNGS.map(() => Number.POSITIVE_INFINITY);
  private latestNs = 0;

  constructor(dwellNs: number) {
    this.dwellNs = dwellNs;
  }

  /** Pressure is `pressure` from now on; until now it was what was said last. */
  observe(pressure: number, nowNs: number): void {
    if (nowNs > this.latestNs) this.latestNs = nowNs;
    while (this.level > 0 && this.isOver(this.level - 1)) this.level--;
    for (let index = 0; index < RUNGS.length; index++) {
      const { enter, leave } = RUNGS[index] as Rung;
      if (pressure >= enter && this.level <= index) this.level = index + 1;
      if (pressure > leave) this.calmSinceNs[index] = Number.POSITIVE_INFINITY;
      else if (this.calmSinceNs[index] === Number.POSITIVE_INFINITY) this.calmSinceNs[index] = this.latestNs;
    }
  }

  private isOver(index: number): boolean {
    return this.latestNs - (this.calmSinceNs[index] as number) >= this.dwellNs;
  }
}
