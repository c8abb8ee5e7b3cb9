/**
 * Discrete events around a real channel in virtual time. The channel, its policy and its ledger are those of
 * real runs; only clock, source and servers are made up. One random stream per purpose, so the same seed
 * offers the same items at the same moments to every strategy.
 */
import { createVirtualClock, NS_PER_SEC, type VirtualClock } from '../core/clock.ts';
import type { LedgerSnapshot } from '../core/ledger.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { StrategySpec } from '../core/strategy.ts';
import type { Channel } from '../system/channel/channel.ts';
import type { ItemEnd } from '../system/channel/end-notices.ts';
import { type BuildChannelOptions, buildChannel, createSharedState } from '../system/strategies/build.ts';
import {
  createGaps,
  createService,
  drawClasses,
  drawKeys,
  type GapSource,
  type ServiceSource,
} from './laws.ts';
import { LedgerWatch, type OwnCounts } from './ledger-watch.ts';
import { AgeIntegral, type Batch, createBatch, SequenceDigest } from './meter.ts';
import { DEFAULT_BATCHES, MIN_BATCHES, type ServiceLaw, type SimulationPlan, WARM_UP_RATIO } from './plan.ts';
import { Servers } from './servers.ts';

/** What a simulation is made with; tests put something wrong in its place. */
export interface SimulationTools {
  readonly buildChannel: (
    spec: StrategySpec,
    options: BuildChannelOptions<number>,
    random: () => number,
  ) => Channel<number>;
  readonly createRandom: (seed: number, label: string) => Random;
  readonly createService: (law: ServiceLaw, random: Random) => ServiceSource;
}

export const REAL_TOOLS: SimulationTools = {
  buildChannel: (spec, options, random) => buildChannel(spec, options, createSharedState(spec, random)),
  createRandom,
  createService,
};

export interface SimulationResult {
  /** Those that are measured, in order. */
  readonly batches: readonly Batch[];
  /** After the last arrival, when everything has been served. */
  readonly ledger: LedgerSnapshot;
  /** The first thing that did not add up, or `undefined`. */
  readonly ledgerProblem: string | undefined;
  /** Of every departure from the queue: which item, when. */
  readonly digest: string;
  /** Of the depth of the queue after every arrival and departure. */
  readonly depthDigest: string;
  readonly peakItems: number;
  readonly peakAtNs: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Plays the plan from an empty system to a drained one. Errors: RangeError for fewer than 20 batches. */
export function simulate(plan: SimulationPlan, tools: SimulationTools = REAL_TOOLS): SimulationResult {
  return new Simulation(plan, tools).run();
}

class Simulation {
  private readonly plan: SimulationPlan;
  private readonly clock: VirtualClock = createVirtualClock();
  private readonly channel: Channel<number>;
  private readonly gaps: GapSource;
  private readonly service: ServiceSource | undefined;
  private readonly meanServiceNs: number;
  private readonly arrivedNs: Float64Array;
  private readonly classes: Uint8Array | undefined;
  private readonly keys: Uint32Array | undefined;

  private readonly servers: Servers;
  private readonly watch: LedgerWatch;

  private batch = createBatch();
  private readonly done: Batch[] = [];
  private batchStartNs = 0;
  private integratedNs = 0;
  private lastFrameNs = -1;
  private readonly age = new AgeIntegral();
  private readonly keyAges: AgeIntegral[];
  private readonly firstNs: Float64Array;
  private readonly takes = new SequenceDigest();
  private readonly depths = new SequenceDigest();
  private offers = 0;
  private finishes = 0;
  private peakItems = 0;
  private peakAtNs = 0;

  constructor(plan: SimulationPlan, tools: SimulationTools) {
    const { seed, arrivals, service, offers, strategy, servers = 1 } = plan;
    this.plan = plan;
    this.gaps = createGaps(arrivals, tools.createRandom(seed, 'arrivals'));
    this.service =
      service === null ? undefined : tools.createService(service, tools.createRandom(seed, 'service'));
    this.meanServiceNs = service === null ? 0 : NS_PER_SEC / service.perSec;
    this.arrivedNs = new Float64Array(offers);
    this.classes = drawClasses(arrivals, offers, tools.createRandom(seed, 'classes'));
    this.keys = drawKeys(arrivals, offers, tools.createRandom(seed, 'keys'));
    const { keys = 1 } = arrivals;
    this.keyAges = keys > 1 ? Array.from({ length: keys }, () => new AgeIntegral()) : [];
    this.firstNs = new Float64Array(keys).fill(-1);
    this.servers = new Servers(servers);
    const { classes, keys: keyOf } = this;
    this.channel = tools.buildChannel(
      strategy,
      {
        clock: this.clock,
        perItemOverheadBytes: 0,
        ...(classes === undefined ? {} : { classOf: (item: number) => classes[item] as number }),
        ...(keyOf === undefined ? {} : { keyOf: (item: number) => keyOf[item] as number }),
        ...(plan.followsEvicted ? { onEnd: (item: number, end: ItemEnd) => this.onEnd(item, end) } : {}),
        onReady: () => this.serve(),
      },
      tools.createRandom(seed, 'strategy').next,
    );
    this.watch = new LedgerWatch(this.channel);
  }

  run(): SimulationResult {
    const { offers, batches = DEFAULT_BATCHES } = this.plan;
    if (batches < MIN_BATCHES) throw new RangeError(`batches must be ${MIN_BATCHES} or more, got ${batches}`);
    const warmUp = Math.ceil(batches * WARM_UP_RATIO);
    const perBatch = Math.floor(offers / (batches + warmUp));
    let arrivalNs = this.gaps();
    for (let batch = 0; batch < batches + warmUp; batch++) {
      for (let i = 0; i < perBatch; i++) {
        this.playUntil(arrivalNs);
        this.arrive();
        arrivalNs += this.gaps();
      }
      this.closeBatch();
    }
    this.drain();
    const ledger = this.watch.finish(this.counts());
    return {
      batches: this.done.slice(warmUp),
      ledger,
      ledgerProblem: this.watch.problem,
      digest: this.takes.toString(),
      depthDigest: this.depths.toString(),
      peakItems: this.peakItems,
      peakAtNs: this.peakAtNs,
    };
  }

  /** Everything that happens up to the given moment, the moment included. */
  private playUntil(untilNs: number): void {
    for (;;) {
      const timerNs = this.clock.nextTimerNs;
      const nextNs = Math.min(this.servers.nextFinishNs, timerNs);
      if (nextNs > untilNs) break;
      this.moveTo(nextNs);
      if (this.servers.nextFinishNs === nextNs) this.finish();
    }
    this.moveTo(untilNs);
  }

  private moveTo(nowNs: number): void {
    const passedNs = nowNs - this.integratedNs;
    if (passedNs > 0) {
      this.batch.depthArea += this.channel.depthItems * passedNs;
      this.batch.servingArea += this.servers.busy * passedNs;
      this.integratedNs = nowNs;
    }
    this.clock.advanceTo(nowNs);
  }

  private arrive(): void {
    const item = this.offers++;
    const nowNs = this.integratedNs;
    const key = this.keys === undefined ? 0 : (this.keys[item] as number);
    this.arrivedNs[item] = nowNs;
    if (this.firstNs[key] === -1) this.firstNs[key] = nowNs;
    this.channel.offer(item);
    const depth = this.channel.depthItems;
    if (depth > this.peakItems) {
      this.peakItems = depth;
      this.peakAtNs = nowNs;
    }
    if (this.servers.idle > 0) this.serve();
    this.depths.add(this.channel.depthItems);
  }

  private serve(): void {
    while (this.servers.idle > 0) {
      const item = this.channel.tryTake();
      if (item === undefined) return;
      this.onTake(item);
      if (this.service === undefined) {
        this.onFinish(item);
        continue;
      }
      const serviceNs = this.service(item);
      this.batch.serviceSurplusNs += serviceNs - this.meanServiceNs;
      this.servers.start(item, this.integratedNs + serviceNs);
    }
  }

  private onTake(item: number): void {
    const { batch } = this;
    const nowNs = this.integratedNs;
    const waitNs = nowNs - (this.arrivedNs[item] as number);
    batch.taken++;
    batch.waitNs += waitNs;
    if (nowNs !== this.lastFrameNs) {
      batch.frames++;
      this.lastFrameNs = nowNs;
    }
    const key = this.keys === undefined ? 0 : (this.keys[item] as number);
    batch.sinceFirstNs += nowNs - (this.firstNs[key] as number);
    this.firstNs[key] = -1;
    if (this.classes !== undefined) {
      const klass = this.classes[item] as number;
      (batch.classTaken[klass] as number)++;
      batch.classWaitNs[klass] = (batch.classWaitNs[klass] as number) + waitNs;
    }
    this.takes.add(item);
    this.takes.add(nowNs);
    this.depths.add(this.channel.depthItems);
  }

  private finish(): void {
    this.onFinish(this.servers.finish());
    this.serve();
  }

  private onFinish(item: number): void {
    const nowNs = this.integratedNs;
    const arrivedNs = this.arrivedNs[item] as number;
    this.finishes++;
    this.batch.finished++;
    this.batch.sojournNs += nowNs - arrivedNs;
    this.batch.ageArea += this.age.advance(nowNs);
    this.age.update(arrivedNs);
    if (this.keys !== undefined) {
      const age = this.keyAges[this.keys[item] as number];
      if (age !== undefined) {
        this.batch.keyAgeArea += age.advance(nowNs);
        age.update(arrivedNs);
      }
    }
    this.plan.onSojourn?.(nowNs - arrivedNs, this.done.length);
    this.channel.delivered(item);
  }

  private onEnd(item: number, end: ItemEnd): void {
    if (end === 'dropped') this.batch.evictedWaitNs += this.integratedNs - (this.arrivedNs[item] as number);
  }

  private closeBatch(): void {
    const { batch } = this;
    const nowNs = this.integratedNs;
    batch.ageArea += this.age.advance(nowNs);
    for (const age of this.keyAges) batch.keyAgeArea += age.advance(nowNs);
    batch.durationNs = nowNs - this.batchStartNs;
    this.watch.readInto(batch, this.counts());
    batch.arrivalSurplusNs = batch.durationNs - batch.offered * (NS_PER_SEC / this.plan.arrivals.perSec);
    this.done.push(batch);
    this.batchStartNs = nowNs;
    this.batch = createBatch();
  }

  private counts(): OwnCounts {
    return { offered: this.offers, finished: this.finishes, serving: this.servers.busy };
  }

  /** No more arrivals: what is held or queued is served to the last item. */
  private drain(): void {
    this.channel.close();
    this.serve();
    for (;;) {
      const nextNs = Math.min(this.servers.nextFinishNs, this.clock.nextTimerNs);
      if (nextNs === NEVER) return;
      this.playUntil(nextNs);
    }
  }
}
