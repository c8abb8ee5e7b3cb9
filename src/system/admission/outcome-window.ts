/** The last n outcomes, counted: a ring of two bits each. */
const FAILED = 1;
const SLOW = 2;

export class OutcomeWindow {
  count = 0;
  private readonly outcomes: Uint8Array;
  private next = 0;
  private failed = 0;
  private slow = 0;

  constructor(size: number) {
    this.outcomes = new Uint8Array(size);
  }

  /** Takes the place of the oldest one when it is full. */
  add(hasFailed: boolean, isSlow: boolean): void {
    if (this.isFull) this.tally(this.outcomes[this.next] as number, -1);
    else this.count++;
    const outcome = (hasFailed ? FAILED : 0) + (isSlow ? SLOW : 0);
    this.outcomes[this.next] = outcome;
    this.tally(outcome, 1);
    this.next = (this.next + 1) % this.outcomes.length;
  }

  clear(): void {
    this.count = 0;
    this.next = 0;
    this.failed = 0;
    this.slow = 0;
  }

  get isFull(): boolean {
    return this.count === this.outcomes.length;
  }

  get failedShare(): number {
    return this.failed / this.count;
  }

  get slowShare(): number {
    return this.slow / this.count;
  }

  private tally(outcome: number, change: number): void {
    if ((outcome & FAILED) !== 0) this.failed += change;
    if ((outcome & SLOW) !== 0) this.slow += change;
  }
}
