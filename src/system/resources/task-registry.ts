/**
 * Every concurrent activity of the system is registered here under a kind while it lives. What is
 * still registered after the load has gone is a leak.
 */
export interface Task {
  readonly kind: string;
  /** Ends the task; a second call does nothing. */
  end(): void;
}

/** One connection, to count how many tasks it costs. */
export interface TaskOwner {
  tasks: number;
}

export class TaskRegistry {
  readonly #openByKind = new Map<string, number>();
  #open = 0;
  #maxPerOwner = 0;

  /** Registers one running activity. `owner` is the connection it serves, if it serves one. */
  begin(kind: string, owner?: TaskOwner): Task {
    this.#open++;
    this.#openByKind.set(kind, (this.#openByKind.get(kind) ?? 0) + 1);
    if (owner) {
      owner.tasks++;
      if (owner.tasks > this.#maxPerOwner) this.#maxPerOwner = owner.tasks;
    }
    let ended = false;
    return {
      kind,
      end: () => {
        if (ended) return;
        ended = true;
        this.#open--;
        this.#openByKind.set(kind, (this.#openByKind.get(kind) as number) - 1);
        if (owner) owner.tasks--;
      },
    };
  }

  get open(): number {
    return this.#open;
  }

  /** The most tasks that one connection ever had at a time. */
  get maxPerOwner(): number {
    return this.#maxPerOwner;
  }

  /** Kinds with at least one live task. */
  byKind(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [kind, count] of this.#openByKind) if (count > 0) counts[kind] = count;
    return counts;
  }
}
