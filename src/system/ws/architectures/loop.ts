/** One task that takes from several sources, one thing at a time, and awaits what it does. */

/** `undefined`: there is nothing; otherwise it has been done, or is done when the promise resolves. */
export type Source = () => true | Promise<unknown> | undefined;

export class Loop {
  readonly #sources: readonly Source[];
  readonly #isFair: boolean;
  readonly #onIdle: () => void;
  /** Where a fair loop looks first. */
  #turn = 0;
  #isRunning = false;
  #isStopped = false;
  #waiting: (() => void)[] = [];

  /** Biased: the first source that has something, always. Fair: in turn. `onIdle`: none of them has anything. */
  constructor(sources: readonly Source[], select: 'biased' | 'fair', onIdle: () => void) {
    this.#sources = sources;
    this.#isFair = select === 'fair';
    this.#onIdle = onIdle;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  wake(): void {
    if (!this.#isRunning && !this.#isStopped) void this.#run();
  }

  /** Takes nothing more; resolves when what is being done is done. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.whenIdle();
  }

  whenIdle(): Promise<void> {
    if (!this.#isRunning) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let step = this.#next(); step !== undefined; step = this.#next()) {
      if (step !== true) await step;
    }
    this.#isRunning = false;
    this.#onIdle();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #next(): ReturnType<Source> {
    const sources = this.#sources;
    for (let tried = 0; tried < sources.length && !this.#isStopped; tried++) {
      const at = this.#isFair ? (this.#turn + tried) % sources.length : tried;
      const step = sources[at]?.();
      if (step === undefined) continue;
      this.#turn = (at + 1) % sources.length;
      return step;
    }
    return undefined;
  }
}
