/** N workers that do the items of one queue, or each the items of some keys. */
import { BenchError } from '../../core/errors.ts';
import { addLedger, createEmptyLedger, type LedgerSnapshot } from '../../core/ledger.ts';
import { hashFlow } from '../scheduling/flow-hash.ts';
import { type Channel, type ChannelOptions, createChannel, type OfferOutcome } from './channel.ts';

export interface WorkerPoolOptions<T> extends Omit<ChannelOptions<T>, 'stages' | 'onReady' | 'onDisconnect'> {
  /** Items that are done at a time; a whole number from 1. */
  workers: number;
  /**
   * `shared`: one queue, whoever is free takes the next item, so two items of one key may overtake each other.
   * `key`: each worker has a queue of its own, with the bounds given, and all items of a key go to the same one:
   * their order is kept, and a key that gets more than one worker can do fills its queue alone.
   */
  by: 'shared' | 'key';
  /** Does one item. `signal` is aborted when the pool gives up; what is thrown makes the item failed{reason}. */
  run: (item: T, signal: AbortSignal) => unknown;
  /** Items that have waited longer are dropped{ttl} instead of being done; milliseconds. Default: none. */
  ttlMs?: number;
  /** The ledger's word for what `run` threw; few different ones. Default: its `code`, or its `name`. */
  reasonOf?: (thrown: unknown) => string;
}

export interface WorkerPool<T> {
  /** As a channel's `offer`; at the queue of the item's key where the pool has one for each worker. */
  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome>;
  /** Takes no more; resolves when everything queued is done and no worker is left. */
  close(): Promise<void>;
  /**
   * Gives up: what is queued is dropped{shutdown}, the signals of what is being done are aborted. Resolves when
   * no worker is left, which is when every `run` has returned.
   */
  abort(): Promise<void>;
  readonly closed: boolean;
  /** Workers that are doing an item now. */
  readonly busy: number;
  /** Items that wait, by queue: one queue, or one for each worker. */
  readonly depths: readonly number[];
  /** Of all its queues; what is being done is in flight. */
  ledger(): LedgerSnapshot;
}

/** A worker whose items need no waiting lets timers and sockets have their turn after so many. */
const ITEMS_PER_TURN = 64;

/**
 * Workers over one or several bounded channels.
 *
 * When to use: `shared` where items are independent; `key` where those of one key must stay in order.
 * Gotchas: `run` should listen to its signal: one that never returns keeps `close` and `abort` waiting.
 * Errors: BPB_ERR_STRATEGY for a value out of its range, and for `by: 'key'` without `keyOf`. What `run` throws is
 *   counted, never rethrown; after `abort` it is failed{shutdown}.
 */
export function createWorkerPool<T>(options: WorkerPoolOptions<T>): WorkerPool<T> {
  const { workers, by, keyOf } = options;
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new BenchError(
      'BPB_ERR_STRATEGY',
      `workers must be a whole number, 1 or more, got ${String(workers)} (${typeof workers})`,
    );
  }
  if (by !== 'shared' && by !== 'key') {
    throw new BenchError('BPB_ERR_STRATEGY', `by must be 'shared' or 'key', got '${String(by)}'`);
  }
  if (by === 'key' && keyOf === undefined) {
    throw new BenchError('BPB_ERR_STRATEGY', `by: 'key' needs keyOf, to know whose queue an item belongs to`);
  }
  return new ChannelPool<T>(options);
}

class ChannelPool<T> implements WorkerPool<T> {
  closed = false;
  busy = 0;
  private readonly options: WorkerPoolOptions<T>;
  private readonly channels: readonly Channel<T>[];
  private readonly stopping = new AbortController();
  private readonly finished: Promise<unknown>;

  constructor(options: WorkerPoolOptions<T>) {
    const { workers, by, ttlMs } = options;
    if (ttlMs !== undefined && !(ttlMs > 0)) {
      throw new BenchError(
        'BPB_ERR_STRATEGY',
        `ttlMs must be above 0, got ${String(ttlMs)} (${typeof ttlMs})`,
      );
    }
    const stages = ttlMs === undefined ? {} : { ttlMs };
    this.options = options;
    const queues = by === 'shared' ? 1 : workers;
    this.channels = Array.from({ length: queues }, () => createChannel<T>({ ...options, stages }));
    this.finished = Promise.all(
      Array.from({ length: workers }, (_, index) => this.work(this.channels[index % queues] as Channel<T>)),
    );
  }

  get depths(): readonly number[] {
    return this.channels.map((channel) => channel.depthItems);
  }

  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    return this.channelFor(item).offer(item, signal);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const channel of this.channels) channel.close();
    await this.finished;
  }

  abort(): Promise<void> {
    for (const channel of this.channels) channel.discardQueued('shutdown');
    const finished = this.close();
    this.stopping.abort();
    return finished;
  }

  ledger(): LedgerSnapshot {
    const ledger = createEmptyLedger();
    for (const channel of this.channels) addLedger(ledger, channel.ledger());
    return ledger;
  }

  private channelFor(item: T): Channel<T> {
    const { by, keyOf } = this.options;
    const index = by === 'shared' || keyOf === undefined ? 0 : hashFlow(keyOf(item), this.channels.length);
    return this.channels[index] as Channel<T>;
  }

  private async work(channel: Channel<T>): Promise<void> {
    let sinceTurn = 0;
    for (;;) {
      const taken = channel.take();
      const item = taken instanceof Promise ? await taken : taken;
      if (item === undefined) return;
      this.busy++;
      let failure: string | undefined;
      try {
        const done = this.options.run(item, this.stopping.signal);
        if (isThenable(done)) await done;
      } catch (thrown) {
        failure = this.stopping.signal.aborted ? 'shutdown' : this.reasonOf(thrown);
      }
      this.busy--;
      if (failure === undefined) channel.delivered(item);
      else channel.failed(item, failure);
      if (++sinceTurn < ITEMS_PER_TURN) continue;
      sinceTurn = 0;
      await new Promise(setImmediate);
    }
  }

  private reasonOf(thrown: unknown): string {
    const { reasonOf = codeOrName } = this.options;
    return reasonOf(thrown);
  }
}

function codeOrName(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'error';
  const { code } = thrown as { code?: unknown };
  return typeof code === 'string' ? code : thrown.name;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
