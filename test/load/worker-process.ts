/** Runs the load worker as the real child process and keeps what it says. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildReport } from '../../src/core/child.ts';
import { createHostClock, NS_PER_MS, takeEpochNs } from '../../src/core/clock.ts';
import type { ScenarioPlan } from '../../src/core/plan.ts';
import type { ClientReceipt, LoadSample } from '../../src/core/samples.ts';
import type { FromLoad, IntervalHistogram, LoadEndpoints, ToLoad } from '../../src/load/control.ts';

type Message = FromLoad | ChildReport;

const MAIN = fileURLToPath(new URL('../../src/load/main.ts', import.meta.url));

export class WorkerProcess implements AsyncDisposable {
  readonly messages: Message[] = [];
  readonly #child: ChildProcess;
  readonly #epochNs = takeEpochNs();
  readonly #clock = createHostClock(this.#epochNs);

  constructor() {
    this.#child = fork(MAIN, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message) => this.messages.push(message as Message));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  send(message: ToLoad): void {
    this.#child.send(message);
  }

  /** Prepares and starts `plan` after 50 ms. */
  async play(plan: ScenarioPlan, endpoints: LoadEndpoints): Promise<void> {
    await this.waitFor('ready');
    const epochNs = String(this.#epochNs);
    this.send({ type: 'prepare', epochNs, plan, endpoints, sampleIntervalMs: 50, histogramIntervalMs: 200 });
    await this.waitFor('prepared');
    this.send({ type: 'go', startMs: this.nowMs() + 50 });
  }

  nowMs(): number {
    return this.#clock.nowNs() / NS_PER_MS;
  }

  /** The first message of `type` that `isIt`, past or to come. */
  async waitFor<Type extends Message['type']>(
    type: Type,
    isIt: (message: Extract<Message, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<Message, { type: Type }>> {
    const matches = (message: Message): message is Extract<Message, { type: Type }> =>
      message.type === type && isIt(message as Extract<Message, { type: Type }>);
    for (;;) {
      const failed = this.messages.find((message) => message.type === 'failed');
      if (failed !== undefined && type !== 'failed') throw new Error(JSON.stringify(failed));
      const found = this.messages.find(matches);
      if (found !== undefined) return found;
      await once(this.#child, 'message');
    }
  }

  /** The next sample from now on for which `isIt` holds. */
  async waitForSample(isIt: (sample: LoadSample) => boolean): Promise<LoadSample> {
    const sinceMs = this.nowMs();
    const { sample } = await this.waitFor('sample', (one) => one.sample.tMs >= sinceMs && isIt(one.sample));
    return sample;
  }

  /** The plan is over and nothing that was due is without an outcome. */
  waitUntilSettled(): Promise<LoadSample> {
    return this.waitForSample(
      ({ phase, publish, groups }) =>
        phase === null &&
        publish.pending === 0 &&
        Object.values(groups).every(({ pending }) => pending === 0),
    );
  }

  async close(): Promise<LoadSample> {
    this.send({ type: 'close' });
    return (await this.waitFor('closed')).sample;
  }

  get receipts(): ClientReceipt[] {
    return this.messages.flatMap((message) => (message.type === 'receipts' ? message.receipts : []));
  }

  get histograms(): IntervalHistogram[] {
    return this.messages.flatMap((message) => (message.type === 'interval' ? message.histograms : []));
  }

  /** Samples recorded under `group` and `kind`. */
  count(group: string, kind: IntervalHistogram['kind'], measured = true): number {
    return this.histograms
      .filter((one) => one.group === group && one.kind === kind && one.measured === measured)
      .reduce((sum, one) => sum + one.count, 0);
  }

  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const exit = once(this.#child, 'exit');
    this.send({ type: 'stop' });
    return (await exit)[0] as number | null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
  }
}
