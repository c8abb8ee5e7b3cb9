/**
 * Threads that run the inbound chain, shared by all connections. Each has one message at a time, so that what waits
 * is in a queue of ours and not in a message port, which has no bound.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../core/clock.ts';
import type { ChainSettings } from '../../core/plan.ts';
import type { OfferOutcome } from '../channel/channel.ts';
import { createWorkerPool, type WorkerPool } from '../channel/worker-pool.ts';
import block from '../overflow/block.ts';

/** `.ts` in a checkout, `.js` in the published package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const ENTRY = new URL(`./chain-thread${EXTENSION}`, import.meta.url);

/** Each connection has a bounded number of messages here; all of them have a place in the line. */
const MAX_WAITERS = 10_000_000;

interface Job {
  readonly data: Uint8Array;
  readonly back: (data: Buffer) => void;
  readonly fail: (error: Error) => void;
}

export class ChainPool {
  readonly #chain: ChainSettings;
  readonly #pool: WorkerPool<Job>;
  readonly #free: Worker[] = [];
  readonly #all = new Set<Worker>();

  constructor(chain: ChainSettings, threads: number, clock: Clock) {
    this.#chain = chain;
    this.#pool = createWorkerPool<Job>({
      workers: threads,
      by: 'shared',
      overflow: block,
      capacityItems: 1, // what waits in the line can be given up, what is queued cannot
      capacityBytes: 0,
      maxWaiters: MAX_WAITERS,
      clock,
      run: (job) => this.#do(job),
    });
  }

  /**
   * Resolves with the message once it has been through the chain. Rejects where its thread or the pool ends, and
   * where `signal` is aborted while it waits for a thread: nobody computes for those who have gone.
   */
  run(data: Uint8Array, signal: AbortSignal): Promise<Buffer> {
    return new Promise((back, fail) => {
      const note = (outcome: OfferOutcome): void => {
        if (outcome === 'failed') fail(new Error('the pool is closed'));
        else if (outcome === 'dropped') fail(new Error('it was given up'));
      };
      const offered = this.#pool.offer({ data, back, fail }, signal);
      if (offered instanceof Promise) void offered.then(note);
      else note(offered);
    });
  }

  /** Ends all threads, whatever they do. */
  async close(): Promise<void> {
    const aborted = this.#pool.abort();
    await Promise.all([...this.#all].map((thread) => thread.terminate()));
    await aborted;
  }

  #do({ data, back, fail }: Job): Promise<void> {
    const thread = this.#free.pop() ?? this.#start();
    return new Promise((resolve) => {
      const finish = (): void => {
        thread.removeListener('message', onMessage);
        thread.removeListener('exit', onExit);
        resolve();
      };
      const onMessage = (answer: Uint8Array): void => {
        this.#free.push(thread);
        finish();
        back(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
      };
      const onExit = (): void => {
        finish();
        fail(new Error('the thread has ended'));
      };
      thread.once('message', onMessage);
      thread.once('exit', onExit);
      // A message is often a view of a whole read, and all of that would be copied with it.
      const own = new Uint8Array(data);
      thread.postMessage(own, [own.buffer]);
    });
  }

  #start(): Worker {
    const thread = new Worker(ENTRY, { workerData: this.#chain, execArgv: [], name: 'ws chain' });
    this.#all.add(thread);
    thread.on('error', () => {}); // 'exit' follows
    thread.once('exit', () => {
      this.#all.delete(thread);
      const at = this.#free.indexOf(thread);
      if (at >= 0) this.#free.splice(at, 1);
    });
    return thread;
  }
}
