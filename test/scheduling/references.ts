/** What each scheduler must do, in plain arrays and without a shortcut. */
import type { Key } from '../../src/system/channel/entry.ts';
import { hashFlow } from '../../src/system/scheduling/flow-hash.ts';
import type { Job } from './queue.ts';

export interface Waiting {
  job: Job;
  readonly sinceNs: number;
}

type Params = Readonly<Record<string, number>>;

/** The queue in order of arrival; the next one is of a subclass's choosing. */
export abstract class Reference {
  readonly queue: Waiting[] = [];
  readonly dropped: number[] = [];
  protected readonly params: Params;

  constructor(params: Params) {
    this.params = params;
  }

  join(job: Job, nowNs: number): void {
    this.queue.push({ job, sinceNs: nowNs });
  }

  /** It is evicted: whatever the scheduler thinks of it. */
  evict(waiting: Waiting): void {
    this.queue.splice(this.queue.indexOf(waiting), 1);
  }

  take(nowNs: number): Job | undefined {
    const chosen = this.choose(nowNs);
    if (chosen !== undefined) this.evict(chosen);
    return chosen?.job;
  }

  protected abstract choose(nowNs: number): Waiting | undefined;
}

class Fifo extends Reference {
  protected choose(): Waiting | undefined {
    return this.queue[0];
  }
}

class Lifo extends Reference {
  protected choose(): Waiting | undefined {
    return this.queue.at(-1);
  }
}

class AdaptiveLifo extends Reference {
  private emptyNs = 0;

  override join(job: Job, nowNs: number): void {
    if (this.queue.length === 0) this.emptyNs = nowNs;
    super.join(job, nowNs);
  }

  protected choose(nowNs: number): Waiting | undefined {
    return nowNs - this.emptyNs <= (this.params['withinMs'] as number) * 1e6
      ? this.queue[0]
      : this.queue.at(-1);
  }
}

class StrictPriority extends Reference {
  protected choose(): Waiting | undefined {
    return this.queue.toSorted((a, b) => a.job.class - b.job.class)[0];
  }
}

class Aging extends Reference {
  protected choose(nowNs: number): Waiting | undefined {
    const agingNs = (this.params['agingMs'] as number) * 1e6;
    const urgency = ({ job, sinceNs }: Waiting) => job.class - Math.floor((nowNs - sinceNs) / agingNs);
    const order = (a: Waiting, b: Waiting) =>
      urgency(a) - urgency(b) || a.sinceNs - b.sinceNs || a.job.class - b.job.class;
    return this.queue.toSorted(order)[0];
  }
}

class Drr extends Reference {
  private round: { flow: Key; deficit: number; hasTurn: boolean }[] = [];

  override join(job: Job, nowNs: number): void {
    super.join(job, nowNs);
    if (this.round.some(({ flow }) => flow === job.flow)) return;
    this.round.push({ flow: job.flow, deficit: 0, hasTurn: false });
  }

  override evict(waiting: Waiting): void {
    super.evict(waiting);
    if (this.queue.some(({ job }) => job.flow === waiting.job.flow)) return;
    this.round = this.round.filter(({ flow }) => flow !== waiting.job.flow);
  }

  protected choose(): Waiting | undefined {
    for (let turn = this.round[0]; turn !== undefined; turn = this.round[0]) {
      const { flow } = turn;
      if (!turn.hasTurn) turn.deficit += this.params['quantumBytes'] as number;
      turn.hasTurn = true;
      const head = this.queue.find(({ job }) => job.flow === flow) as Waiting;
      if (head.job.size <= turn.deficit) {
        turn.deficit -= head.job.size;
        return head;
      }
      turn.hasTurn = false;
      this.round.push(this.round.shift() as typeof turn);
    }
    return undefined;
  }
}

/** `dequeue` of RFC 8289 section 5, line by line; a queue of one item is its "less than a packet". */
export class RfcCodel {
  private firstAboveTime = 0;
  private dropping = false;
  private dropNext = 0;
  private count = 0;
  private lastCount = 0;
  private readonly target: number;
  private readonly interval: number;

  constructor(params: Params) {
    this.target = (params['targetMs'] as number) * 1e6;
    this.interval = (params['intervalMs'] as number) * 1e6;
  }

  dequeue(queue: Waiting[], now: number, drop: (waiting: Waiting) => void): Waiting | undefined {
    let { p, okToDrop } = this.doDequeue(queue, now);
    if (this.dropping) {
      if (!okToDrop) this.dropping = false;
      while (now >= this.dropNext && this.dropping) {
        drop(p as Waiting);
        this.count++;
        ({ p, okToDrop } = this.doDequeue(queue, now));
        if (!okToDrop) this.dropping = false;
        else this.dropNext = this.controlLaw(this.dropNext);
      }
    } else if (okToDrop) {
      drop(p as Waiting);
      ({ p, okToDrop } = this.doDequeue(queue, now));
      this.dropping = true;
      const delta = this.count - this.lastCount;
      this.count = delta > 1 && now - this.dropNext < 16 * this.interval ? delta : 1;
      this.dropNext = this.controlLaw(now);
      this.lastCount = this.count;
    }
    return p;
  }

  /** Nothing waits: it is not above target. */
  rest(): void {
    this.firstAboveTime = 0;
    this.dropping = false;
  }

  private doDequeue(queue: Waiting[], now: number): { p: Waiting | undefined; okToDrop: boolean } {
    const p = queue.shift();
    if (p === undefined || now - p.sinceNs < this.target || queue.length === 0) {
      this.firstAboveTime = 0;
    } else if (this.firstAboveTime === 0) {
      this.firstAboveTime = now + this.interval;
    } else {
      return { p, okToDrop: now >= this.firstAboveTime };
    }
    return { p, okToDrop: false };
  }

  private controlLaw(t: number): number {
    return t + this.interval / Math.sqrt(this.count);
  }
}

interface Bucket {
  readonly codel: RfcCodel;
  credits: number;
  list: 'new' | 'old' | 'none';
  queue: Waiting[];
}

/** RFC 8290 section 4, with the lists as arrays. */
class FqCodel extends Reference {
  private readonly buckets = new Map<number, Bucket>();
  private newFlows: Bucket[] = [];
  private oldFlows: Bucket[] = [];

  override join(job: Job, nowNs: number): void {
    super.join(job, nowNs);
    const bucket = this.bucketOf(job.flow);
    bucket.queue.push(this.queue.at(-1) as Waiting);
    if (bucket.list !== 'none') return;
    bucket.credits = this.params['quantumBytes'] as number;
    bucket.list = 'new';
    this.newFlows.push(bucket);
  }

  override evict(waiting: Waiting): void {
    super.evict(waiting);
    const bucket = this.bucketOf(waiting.job.flow);
    bucket.queue.splice(bucket.queue.indexOf(waiting), 1);
    if (bucket.queue.length === 0) bucket.codel.rest();
  }

  override take(nowNs: number): Job | undefined {
    for (;;) {
      const list = this.newFlows.length > 0 ? this.newFlows : this.oldFlows;
      const bucket = list[0];
      if (bucket === undefined) return undefined;
      if (bucket.credits <= 0) {
        bucket.credits += this.params['quantumBytes'] as number;
        list.shift();
        this.oldFlows.push(bucket);
        bucket.list = 'old';
        continue;
      }
      bucket.queue = mergeFlows(bucket.queue);
      const chosen = bucket.codel.dequeue(bucket.queue, nowNs, (waiting) => {
        this.dropped.push(waiting.job.id);
        super.evict(waiting);
      });
      if (chosen !== undefined) {
        super.evict(chosen);
        bucket.credits -= chosen.job.size;
        if (bucket.queue.length === 0) bucket.codel.rest();
        return chosen.job;
      }
      list.shift();
      bucket.list = list === this.newFlows && this.oldFlows.length > 0 ? 'old' : 'none';
      if (bucket.list === 'old') this.oldFlows.push(bucket);
    }
  }

  protected choose(): undefined {
    return undefined;
  }

  private bucketOf(flow: Key): Bucket {
    const index = hashFlow(flow, this.params['flows'] as number);
    const bucket = this.buckets.get(index);
    if (bucket !== undefined) return bucket;
    const fresh: Bucket = { codel: new RfcCodel(this.params), credits: 0, list: 'none', queue: [] };
    this.buckets.set(index, fresh);
    return fresh;
  }
}

/** Flows of one bucket by the time of their heads; only items of the same moment can stand otherwise. */
function mergeFlows(queue: readonly Waiting[]): Waiting[] {
  const rest = [...queue];
  const merged: Waiting[] = [];
  while (rest.length > 0) {
    const heads = rest.filter((one, at) => rest.findIndex(({ job }) => job.flow === one.job.flow) === at);
    const [first] = heads.toSorted((a, b) => a.sinceNs - b.sinceNs || a.job.id - b.job.id) as [Waiting];
    merged.push(first);
    rest.splice(rest.indexOf(first), 1);
  }
  return merged;
}

export const REFERENCES: Readonly<Record<string, new (params: Params) => Reference>> = {
  fifo: Fifo,
  lifo: Lifo,
  'adaptive-lifo': AdaptiveLifo,
  'strict-priority': StrictPriority,
  'priority+aging': Aging,
  drr: Drr,
  'fq-codel': FqCodel,
};
