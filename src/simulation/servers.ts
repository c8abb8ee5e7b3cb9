/** Equal servers: which are busy, with what, and which is done first. A few dozen at most: they are searched. */

const NEVER = Number.POSITIVE_INFINITY;
const NONE = -1;

export class Servers {
  /** When the next one is done; Infinity while all are idle. */
  nextFinishNs = NEVER;
  idle: number;
  private next = 0;
  private readonly items: number[];
  private readonly finishNs: number[];

  constructor(count: number) {
    this.idle = count;
    this.items = new Array<number>(count).fill(NONE);
    this.finishNs = new Array<number>(count).fill(NEVER);
  }

  get busy(): number {
    return this.items.length - this.idle;
  }

  /** Only while one is idle. */
  start(item: number, finishNs: number): void {
    const server = this.items.indexOf(NONE);
    this.idle--;
    this.items[server] = item;
    this.finishNs[server] = finishNs;
    if (finishNs >= this.nextFinishNs) return;
    this.next = server;
    this.nextFinishNs = finishNs;
  }

  /** The item that is done first; its server is idle then. Only while one is busy. */
  finish(): number {
    const item = this.items[this.next] as number;
    this.items[this.next] = NONE;
    this.finishNs[this.next] = NEVER;
    this.idle++;
    this.nextFinishNs = NEVER;
    for (let server = 0; server < this.finishNs.length; server++) {
      const atNs = this.finishNs[server] as number;
      if (atNs >= this.nextFinishNs) continue;
      this.next = server;
      this.nextFinishNs = atNs;
    }
    return item;
  }
}
