/** Charts over the same x axis: one cursor, one zoom. */

/** What a group needs of its members. */
export interface GroupMember {
  /** `null`: no cursor. */
  showCursor(x: number | null): void;
  /** `null`: all of it. */
  showRange(range: Range | null): void;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export class ChartGroup {
  readonly #members: GroupMember[] = [];
  #range: Range | null = null;
  /** Members answer a change with a change; only the first of them counts. */
  #isBusy = false;

  /** A chart that comes late is zoomed like the others. */
  add(member: GroupMember): void {
    this.#members.push(member);
    if (this.#range !== null) this.#tell(() => member.showRange(this.#range));
  }

  moveTo(x: number | null): void {
    this.#tell((member) => member.showCursor(x));
  }

  zoomTo(range: Range | null): void {
    if (this.#isBusy) return;
    this.#range = range;
    this.#tell((member) => member.showRange(range));
  }

  reset(): void {
    this.zoomTo(null);
    this.moveTo(null);
  }

  #tell(what: (member: GroupMember) => void): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (const member of this.#members) what(member);
    } finally {
      this.#isBusy = false;
    }
  }
}
