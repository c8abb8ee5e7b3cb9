/** Permits for tasks: asynchronous, one at a time or all that a client needs in one step. */

export class Permits {
  private free: number;
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(count: number) {
    this.free = count;
  }

  acquire(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ count, resolve });
      this.serve();
    });
  }

  release(count: number): void {
    this.free += count;
    this.serve();
  }

  private serve(): void {
    for (
      let first = this.waiting[0];
      first !== undefined && first.count <= this.free;
      first = this.waiting[0]
    ) {
      this.waiting.shift();
      this.free -= first.count;
      first.resolve();
    }
  }
}

export async function takeTogether(permits: Permits): Promise<void> {
  await permits.acquire(3);
}

/** As sketched by shadowcat: three permits one after the other, each held while waiting for the next. */
export async function takeOneByOne(permits: Permits): Promise<void> {
  for (let i = 0; i < 3; i++) await permits.acquire(1);
}

/** P17: of 1500 clients that need three of 3000 permits each, all get their turn. */
export async function findDeadlock(take: (permits: Permits) => Promise<void>): Promise<string | undefined> {
  const permits = new Permits(3000);
  let served = 0;
  for (let client = 0; client < 1500; client++) {
    void take(permits).then(() => {
      served++;
      permits.release(3);
    });
  }
  // Nothing but promises is under way: with them settled, whoever waits now waits for ever.
  await new Promise(setImmediate);
  return served === 1500 ? undefined : `P17: ${1500 - served} of 1500 clients wait for each other`;
}
