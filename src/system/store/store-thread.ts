/** One thread of the store as seen from the event loop. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../core/errors.ts';
import type { ThreadAnswer, ThreadConfig, ThreadRequest } from './messages.ts';
import { StoreError } from './store.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: StoreError): void;
}

/** `.ts` in a checkout, `.js` in the published package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const ENTRY = new URL(`./thread-main${EXTENSION}`, import.meta.url);

export class StoreThread {
  /** What the thread answered once it was open. */
  readonly ready: Promise<unknown>;
  readonly #config: ThreadConfig;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting: Waiting[] = [];
  #death: StoreError | undefined;

  constructor(config: ThreadConfig, entry: URL = ENTRY) {
    this.#config = config;
    this.#worker = new Worker(entry, { workerData: config, execArgv: [], name: `store ${config.role}` });
    this.#worker.on('message', (answer: ThreadAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#die(`: ${messageOf(error)}`));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#die(` with code ${code}`);
        resolve();
      });
    });
    this.ready = this.#nextAnswer();
  }

  /** Errors: StoreError; also when the thread has ended, or does so meanwhile. */
  ask(request: ThreadRequest): Promise<unknown> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    this.#worker.postMessage(request);
    return this.#nextAnswer();
  }

  /** Answers what was asked before, closes the database and ends. Errors: none; one that has ended is closed. */
  async close(): Promise<void> {
    await this.ask({ do: 'close' }).catch(() => {});
    await this.#exited;
  }

  #nextAnswer(): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.shift();
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new StoreError(answer.problem, answer.message));
  }

  /** The first cause wins. */
  #die(how: string): void {
    const { role, path } = this.#config;
    this.#death ??= new StoreError(
      'io',
      `the ${role} of the event store ${path} has ended${how}: restart; what was acknowledged is in the file`,
    );
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#death);
  }
}
