/** Everything the processes report during one run, reduced as it comes so that memory stays flat. */
import type { BoundaryName, PathName } from '../core/boundary.ts';
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import { findUnaccounted, type LedgerSnapshot } from '../core/ledger.ts';
import type { HiddenBuffer } from '../core/record.ts';
import type { LoadSample, SystemSample } from '../core/samples.ts';
import type { FromLoad } from '../load/control.ts';
import type { HostCpuReading, ProcessReading } from '../targets/process-probe.ts';
import { FeedGauges } from './feed-gauges.ts';
import { LatencyBook } from './latency-book.ts';
import { Reconciler } from './reconcile.ts';

/** Running maximum and mean of one gauge. */
export class Gauge {
  max = 0;
  last = 0;
  #sum = 0;
  #count = 0;

  add(value: number): void {
    if (value > this.max) this.max = value;
    this.last = value;
    this.#sum += value;
    this.#count++;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get count(): number {
    return this.#count;
  }
}

export interface BoundaryGauges {
  depth: Gauge;
  bytes: Gauge;
  waiters: Gauge;
}

/** The state at a phase's start or end. */
export interface PhaseMark {
  name: string;
  index: number;
  startedMs: number;
  system: SystemSample | null;
  load: LoadSample | null;
}

export class Collector {
  readonly latency = new LatencyBook();
  readonly reconciler: Reconciler;
  readonly feed = new FeedGauges();
  readonly boundaries: Record<BoundaryName, BoundaryGauges>;
  readonly phases: PhaseMark[] = [];
  readonly rss = new Gauge();
  readonly heap = new Gauge();
  readonly accounted = new Gauge();
  readonly sockets = new Gauge();
  readonly kernel = new Gauge();
  readonly tasks = new Gauge();
  readonly connections = new Gauge();
  readonly systemLoopDelay = new Gauge();
  readonly loadLoopDelay = new Gauge();
  readonly loadLoopUse = new Gauge();
  /** Time and RSS of the system, one a second, for its slope. */
  readonly rssSeries: { tMs: number; bytes: number }[] = [];
  readonly tasksByKindMax: Record<string, number> = {};
  /** Most that any sample of a boundary's ledger did not account for, with its sign; for boundaries with queues. */
  readonly worstUnaccounted: Partial<Record<BoundaryName, number>> = {};
  hiddenBuffers: HiddenBuffer[] = [];
  system: SystemSample | null = null;
  load: LoadSample | null = null;
  leakedTasks: Record<string, number> | null = null;
  arrivalsDoneMs: number | null = null;
  /** The last sample before the last phase was over. */
  lastBusySystem: SystemSample | null = null;
  /** Most accounted bytes by phase index. */
  readonly accountedMaxOfPhase: number[] = [];
  readonly cpu = {
    load: { first: null as ProcessReading | null, last: null as ProcessReading | null },
    system: { first: null as ProcessReading | null, last: null as ProcessReading | null },
    origin: { first: null as ProcessReading | null, last: null as ProcessReading | null },
    conductorMs: 0,
    host: { first: null as HostCpuReading | null, last: null as HostCpuReading | null },
  };

  /** `reordering`: paths whose strategy lets events leave in another order than they came. */
  constructor(reordering: ReadonlySet<PathName> = new Set()) {
    this.reconciler = new Reconciler(reordering);
    const gauges = () => ({ depth: new Gauge(), bytes: new Gauge(), waiters: new Gauge() });
    this.boundaries = Object.fromEntries(BOUNDARY_NAMES.map((name) => [name, gauges()])) as Record<
      BoundaryName,
      BoundaryGauges
    >;
  }

  addSystemSample(sample: SystemSample): void {
    this.system = sample;
    this.feed.add(sample);
    if (this.arrivalsDoneMs === null) this.#noteForPhase(sample);
    for (const name of BOUNDARY_NAMES) {
      const boundary = sample.boundaries[name];
      if (boundary === undefined) continue;
      const gauges = this.boundaries[name];
      gauges.depth.add(boundary.depthMaxItems);
      gauges.bytes.add(boundary.bytes);
      gauges.waiters.add(boundary.waiters);
      this.#keepWorst(name, boundary.ledger);
    }
    this.rss.add(sample.memory.rssBytes);
    this.heap.add(sample.memory.heapUsedBytes);
    this.accounted.add(sample.memory.accountedBytes);
    this.sockets.add(sample.memory.socketBytes);
    this.tasks.add(sample.tasks.open);
    this.connections.add(
      sample.connections.sse.open + sample.connections.ws.open + sample.connections.proxy.open,
    );
    this.systemLoopDelay.add(sample.loop.delayMaxMs);
    for (const kind in sample.tasks.byKind) {
      this.tasksByKindMax[kind] = Math.max(
        this.tasksByKindMax[kind] ?? 0,
        sample.tasks.byKind[kind] as number,
      );
    }
    const lastRss = this.rssSeries.at(-1);
    if (lastRss === undefined || sample.tMs - lastRss.tMs >= 1000) {
      this.rssSeries.push({ tMs: sample.tMs, bytes: sample.memory.rssBytes });
    }
  }

  addLoadSample(sample: LoadSample): void {
    this.load = sample;
    if (this.system === null) {
      const groups = Object.values(sample.groups);
      this.connections.add(groups.reduce((sum, { open }) => sum + open, 0));
    }
    this.loadLoopDelay.add(sample.loop.delayP99Ms);
    this.loadLoopUse.add(sample.loop.utilization);
  }

  addPhase(message: Extract<FromLoad, { type: 'phase' }>): void {
    const { name, index, startedMs } = message;
    this.phases.push({ name, index, startedMs, system: this.system, load: this.load });
  }

  #noteForPhase(sample: SystemSample): void {
    this.lastBusySystem = sample;
    const phase = this.phases.at(-1);
    if (phase === undefined) return;
    const { accountedBytes } = sample.memory;
    this.accountedMaxOfPhase[phase.index] = Math.max(
      this.accountedMaxOfPhase[phase.index] ?? 0,
      accountedBytes,
    );
  }

  #keepWorst(name: BoundaryName, ledger: LedgerSnapshot): void {
    const unaccounted = findUnaccounted(ledger);
    const worst = this.worstUnaccounted[name];
    if (worst === undefined || Math.abs(unaccounted) > Math.abs(worst))
      this.worstUnaccounted[name] = unaccounted;
  }
}
