/**
 * Plays one plan under one strategy: starts the processes, lets the load worker play the phases,
 * collects, drains, ends everything, and hands back what was collected. Judging is elsewhere.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName, type PathName } from '../core/boundary.ts';
import { createHostClock, NS_PER_MS, takeEpochNs } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { LatencySummary } from '../core/histogram.ts';
import { planDurationMs, type ScenarioPlan } from '../core/plan.ts';
import type { LoadSample, SystemSample } from '../core/samples.ts';
import type { StrategySpec } from '../core/strategy.ts';
import type { FromLoad, LoadEndpoints } from '../load/control.ts';
import { effectsOfStage } from '../system/strategies/effects.ts';
import { describeDeath } from '../targets/child-handle.ts';
import { Launcher, type LoadProcess, type OriginProcess, type SystemProcess } from '../targets/launcher.ts';
import { Collector } from './collector.ts';
import { type ExternalTarget, embeddedEndpoints, externalEndpoints } from './endpoints.ts';
import { OutsideProbe } from './outside-probe.ts';
import type { StallReport } from './stalls/stall-book.ts';
import { StallDetector } from './stalls/stall-detector.ts';
import { toStallSettings } from './stalls/stall-settings.ts';
import { StallWatch } from './stalls/stall-watch.ts';

export const SAMPLE_INTERVAL_MS = 100;
export const HISTOGRAM_INTERVAL_MS = 250;

/** So many samples in a row without anything new, and a reader has all that there is. */
const STILL_SAMPLES = 5;
/** Time between `go` and the first phase, so that no process is late for it. */
const START_DELAY_MS = 100;
/** How long the system may take to end its streams in order once it is told to. */
const FINISH_DEADLINE_MS = 5000;
const PREPARE_TIMEOUT_MS = 20_000;
/** How often the queues are looked at while they drain. */
const DRAIN_POLL_MS = 50;

export interface RunObserver {
  onStarted?(): void;
  onPhase?(name: string, index: number, startedMs: number): void;
  onSample?(system: SystemSample | null, load: LoadSample): void;
  onInterval?(message: Extract<FromLoad, { type: 'interval' }>): void;
}

export interface RunRequest {
  readonly plan: ScenarioPlan;
  readonly strategies: Record<BoundaryName, StrategySpec>;
  readonly target: ExternalTarget | null;
  /** Aborted with the signal's name as reason: stops arrivals, drains, and ends as a partial run. */
  readonly interrupt: AbortSignal;
  readonly observer: RunObserver;
  /** Environment variables of the run's processes, beside those of this one. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunOutcome {
  readonly collector: Collector;
  readonly durationMs: number;
  readonly interruptedBy: string | null;
  /** The process that ended before its time, if one did. */
  readonly failure: BenchError | null;
  readonly originLatency: LatencySummary | null;
  readonly originRequests: number | null;
  readonly stalls: StallReport;
}

/** Nobody can look into somebody else's service. */
const NO_STALLS: StallReport = { stalls: [], untold: 0 };

export async function runScenario(request: RunRequest): Promise<RunOutcome> {
  const run = new Run(request);
  try {
    return await run.play();
  } finally {
    await run.close();
  }
}

class Run {
  readonly #request: RunRequest;
  readonly #collector: Collector;
  readonly #launcher: Launcher;
  readonly #epochNs = takeEpochNs();
  readonly #clock = createHostClock(this.#epochNs);
  #folder: string | undefined;
  #system: SystemProcess | undefined;
  #origin: OriginProcess | undefined;
  #feedPort: number | undefined;
  #outside: OutsideProbe | undefined;
  #stalls: StallWatch | undefined;

  constructor(request: RunRequest) {
    this.#request = request;
    this.#launcher = new Launcher(request.env);
    this.#collector = new Collector(findReorderingPaths(request.strategies));
  }

  async play(): Promise<RunOutcome> {
    const { plan, interrupt, observer } = this.#request;
    const load = await this.#startAll();
    const died = this.#watchDeaths(load);
    const interrupted = new Promise<'interrupted'>((resolve) => {
      if (interrupt.aborted) resolve('interrupted');
      interrupt.addEventListener('abort', () => resolve('interrupted'), { once: true });
    });
    this.#listen(load);
    const startMs = this.#clock.nowNs() / NS_PER_MS + START_DELAY_MS;
    this.#outside = new OutsideProbe(this.#collector, {
      load: load.pid,
      system: this.#system?.pid ?? null,
      origin: this.#origin?.pid ?? null,
      feedPort: this.#feedPort ?? null,
    });
    const arrivalsDone = load.waitFor('arrivalsDone', START_DELAY_MS + planDurationMs(plan) + 60_000);
    arrivalsDone.catch(() => {});
    this.#stalls = this.#watchStalls();
    load.send({ type: 'go', startMs });
    observer.onStarted?.();

    let failure: BenchError | null = null;
    let originLatency: LatencySummary | null = null;
    let originRequests: number | null = null;
    try {
      const first = await Promise.race([arrivalsDone, interrupted, died]);
      if (first === 'interrupted') {
        load.send({ type: 'finish' });
        await Promise.race([arrivalsDone, died]);
      }
      this.#collector.arrivalsDoneMs = this.#clock.nowNs() / NS_PER_MS;
      await Promise.race([this.#drain(plan.graceMs), died]);
      this.#stalls?.stop(); // what happens at the end is not the load's doing
      await Promise.race([this.#finish(load), died]);
      if (this.#origin !== undefined) {
        const report = this.#origin.waitFor('report', 2000);
        this.#origin.send({ type: 'report' });
        ({ latency: originLatency, requests: originRequests } = await report);
      }
    } catch (thrown) {
      failure =
        thrown instanceof BenchError
          ? thrown
          : new BenchError('BPB_ERR_INTERNAL', String(thrown), { cause: thrown });
      this.#stalls?.stop();
      await this.#salvage(load);
    }
    this.#outside.stop();
    const durationMs = Math.max(0, this.#clock.nowNs() / NS_PER_MS - startMs); // it may end before it began
    await this.#launcher.stopAll();
    const publish = this.#collector.load?.publish;
    this.#collector.reconciler.close(publish === undefined ? 0 : publish.due - publish.accepted);
    const interruptedBy = interrupt.aborted ? String(interrupt.reason) : null;
    const stalls = this.#stalls?.stop() ?? NO_STALLS;
    return {
      collector: this.#collector,
      durationMs,
      interruptedBy,
      failure,
      originLatency,
      originRequests,
      stalls,
    };
  }

  async close(): Promise<void> {
    this.#outside?.stop();
    this.#stalls?.stop();
    await this.#launcher.stopAll();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #startAll(): Promise<LoadProcess> {
    const { plan, target } = this.#request;
    const epochNs = String(this.#epochNs);
    const loadReady = this.#launcher.startLoad();
    const endpoints =
      target === null ? this.#startEmbedded(epochNs) : Promise.resolve(externalEndpoints(target));
    // Wait for both even if one fails, so that no process starts behind our back.
    const [load, where] = await settleBoth(loadReady, endpoints);
    load.send({
      type: 'prepare',
      epochNs,
      plan,
      endpoints: where,
      sampleIntervalMs: SAMPLE_INTERVAL_MS,
      histogramIntervalMs: HISTOGRAM_INTERVAL_MS,
    });
    this.#collector.hiddenBuffers = (await load.waitFor('prepared', PREPARE_TIMEOUT_MS)).hiddenBuffers;
    return load;
  }

  async #startEmbedded(epochNs: string): Promise<LoadEndpoints> {
    const { plan, strategies } = this.#request;
    const { serviceTimeMs, bodyBytes } = plan.system.origin;
    this.#folder = await mkdtemp(join(tmpdir(), 'bpbench-'));
    const [origin, system] = await settleBoth(
      this.#launcher.startOrigin({ host: '127.0.0.1', port: 0, serviceTimeMs, bodyBytes }),
      this.#launcher.startSystem(),
    );
    this.#origin = origin.process;
    this.#system = system;
    const addresses = await this.#launcher.configureSystem(system, {
      ...plan.system,
      epochNs,
      seed: plan.seed,
      host: '127.0.0.1',
      port: 0,
      temporaryFolder: this.#folder,
      unixSocketPath: join(this.#folder, 'system.sock'),
      spillFolder: join(this.#folder, 'spill'),
      storePath: join(this.#folder, 'events.db'),
      originUrl: origin.url,
      strategies,
      sampleIntervalMs: SAMPLE_INTERVAL_MS,
    });
    this.#feedPort = Number(new URL(addresses.sseUrl).port);
    return embeddedEndpoints(addresses);
  }

  #listen(load: LoadProcess): void {
    const { observer } = this.#request;
    const collector = this.#collector;
    load.on('sample', ({ sample }) => {
      collector.addLoadSample(sample);
      observer.onSample?.(collector.system, sample);
    });
    load.on('phase', (message) => {
      collector.addPhase(message);
      observer.onPhase?.(message.name, message.index, message.startedMs);
    });
    load.on('interval', (message) => {
      collector.latency.add(message.startMs, message.endMs, message.histograms);
      observer.onInterval?.(message);
    });
    load.on('receipts', ({ receipts }) => collector.reconciler.addReceipts(receipts));
    load.on('closed', ({ sample }) => collector.addLoadSample(sample));
    this.#system?.on('sample', ({ sample }) => collector.addSystemSample(sample));
    this.#system?.on('accounts', ({ accounts }) => collector.reconciler.addAccounts(accounts));
    this.#system?.on('finished', ({ sample, leakedTasks }) => {
      collector.addSystemSample(sample);
      collector.leakedTasks = leakedTasks;
    });
  }

  #watchStalls(): StallWatch | undefined {
    const { plan, strategies } = this.#request;
    if (this.#system === undefined) return undefined;
    const detector = new StallDetector(toStallSettings(plan, strategies), plan.clients);
    return new StallWatch(detector, this.#collector, this.#system, this.#clock);
  }

  /** Rejects when a process ends that nobody told to. */
  #watchDeaths(load: LoadProcess): Promise<never> {
    const children = [load, this.#system, this.#origin].filter((child) => child !== undefined);
    const died = new Promise<never>((_, reject) => {
      for (const child of children) {
        void child.died.then((death) => {
          if (!child.isStopping) reject(describeDeath(death));
        });
      }
    });
    died.catch(() => {}); // heard through the races, or not at all
    return died;
  }

  /** Lets what is queued reach its consumers at their own pace, for at most `graceMs`. */
  async #drain(graceMs: number): Promise<void> {
    const untilMs = this.#clock.nowNs() / NS_PER_MS + graceMs;
    const doneMs = this.#collector.arrivalsDoneMs ?? 0;
    while (this.#clock.nowNs() / NS_PER_MS < untilMs) {
      const { system, load } = this.#collector;
      const isFresh =
        (load?.tMs ?? 0) > doneMs && (this.#system === undefined || (system?.tMs ?? 0) > doneMs);
      if (isFresh && load !== null && isQuiet(system, load)) return;
      await wait(DRAIN_POLL_MS);
    }
  }

  async #finish(load: LoadProcess): Promise<void> {
    if (this.#system !== undefined) {
      const finished = this.#system.waitFor('finished', FINISH_DEADLINE_MS + 5000);
      this.#system.send({ type: 'finish', deadlineMs: FINISH_DEADLINE_MS });
      // Readers take what the kernel still holds, so that what was written can be told from what arrived.
      load.send({ type: 'thaw' });
      await finished;
    } else if (this.#collector.load?.publish.due) {
      load.send({ type: 'thaw' });
      await this.#untilStill(load);
    }
    await this.#closeLoad(load);
  }

  /** Until nothing has come for a while: what somebody else's service still had to say has been heard. */
  async #untilStill(load: LoadProcess): Promise<void> {
    const received = () =>
      Object.values(this.#collector.load?.groups ?? {}).reduce((sum, group) => sum + group.received, 0);
    const deadlineMs = this.#clock.nowNs() / NS_PER_MS + FINISH_DEADLINE_MS;
    let last = -1;
    for (let still = 0; still < STILL_SAMPLES && this.#clock.nowNs() / NS_PER_MS < deadlineMs; still++) {
      await load.waitFor('sample', 2000);
      if (received() !== last) still = 0;
      last = received();
    }
  }

  async #closeLoad(load: LoadProcess): Promise<void> {
    const closed = load.waitFor('closed', 10_000);
    load.send({ type: 'close' });
    await closed;
  }

  /** After a process died: gets the last words of those that live, so that the record holds what there is. */
  async #salvage(load: LoadProcess): Promise<void> {
    load.send({ type: 'finish' });
    const rescue: Promise<unknown>[] = [this.#closeLoad(load)];
    if (this.#system?.isAlive) {
      rescue.push(this.#system.waitFor('finished', 3000));
      this.#system.send({ type: 'finish', deadlineMs: 1000 });
    }
    await Promise.allSettled(rescue);
  }
}

function isQuiet(system: SystemSample | null, load: LoadSample): boolean {
  const pending = Object.values(load.groups).some((group) => group.pending > 0) || load.publish.pending > 0;
  if (pending) return false;
  if (system === null) return true;
  return Object.values(system.boundaries).every(
    ({ ledger }) => ledger.queued === 0 && ledger.inFlight === 0 && ledger.blocked === 0,
  );
}

/** Like Promise.all, but waits for both before it rejects. */
async function settleBoth<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

function findReorderingPaths(strategies: Record<BoundaryName, StrategySpec>): Set<PathName> {
  const reordering = BOUNDARY_NAMES.filter((name) =>
    strategies[name].stages.some((stage) => (effectsOfStage(stage).reorders ?? 'never') !== 'never'),
  );
  return new Set(reordering.map((name) => BOUNDARIES[name].path));
}
