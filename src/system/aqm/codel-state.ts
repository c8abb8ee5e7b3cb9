/** CoDel's memory of one queue and its decision, as in RFC 8289 section 5. */

/** Re-entered within so many intervals, the rate of drops goes on near where it was. */
const RESUME_INTERVALS = 16;
const NOT_ABOVE = Number.POSITIVE_INFINITY;

/**
 * Asked about each item that is about to leave; answers whether it is dropped instead.
 *
 *   below ─ above target for an interval: drop, next after interval/√1 ─▶ dropping
 *   dropping ─ its time has come: drop, next after interval/√count ─▶ dropping
 *   dropping ─ below target, last item or empty ─▶ below
 */
export class CodelState {
  private readonly targetNs: number;
  private readonly intervalNs: number;
  /** When the wait will have been above target for an interval. */
  private okToDropNs = NOT_ABOVE;
  private isDropping = false;
  private dropNextNs = 0;
  /** Drops since dropping began, and what that count began with. */
  private count = 0;
  private firstCount = 0;
  /** Dropped, and the item after it has not been seen: it decides whether another drop is due. */
  private mustSchedule = false;

  constructor(targetNs: number, intervalNs: number) {
    this.targetNs = targetNs;
    this.intervalNs = intervalNs;
  }

  shouldDrop(sojournNs: number, isLast: boolean, nowNs: number): boolean {
    if (sojournNs < this.targetNs || isLast) {
      this.onEmpty();
      return false;
    }
    if (this.okToDropNs === NOT_ABOVE) this.okToDropNs = nowNs + this.intervalNs;
    if (nowNs < this.okToDropNs) return false;
    return this.isDropping ? this.goOn() <= nowNs && this.drop() : this.enter(nowNs);
  }

  /** An empty queue is below target. */
  onEmpty(): void {
    this.okToDropNs = NOT_ABOVE;
    this.isDropping = false;
    this.mustSchedule = false;
  }

  private enter(nowNs: number): true {
    const delta = this.count - this.firstCount;
    const isSoon = nowNs - this.dropNextNs < RESUME_INTERVALS * this.intervalNs;
    this.count = delta > 1 && isSoon ? delta : 1;
    this.firstCount = this.count;
    this.isDropping = true;
    this.dropNextNs = this.controlLaw(nowNs);
    return true;
  }

  /** When the next drop is due. */
  private goOn(): number {
    if (this.mustSchedule) {
      this.mustSchedule = false;
      this.dropNextNs = this.controlLaw(this.dropNextNs);
    }
    return this.dropNextNs;
  }

  private drop(): true {
    this.count++;
    this.mustSchedule = true;
    return true;
  }

  private controlLaw(sinceNs: number): number {
    return sinceNs + this.intervalNs / Math.sqrt(this.count);
  }
}
