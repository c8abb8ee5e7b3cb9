/** Plays a plan against the target: wires the parts of the load worker together and moves through the phases. */
import type { PathName } from '../core/boundary.ts';
import { type Clock, NS_PER_MS } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { ClientGroup, ScenarioPlan } from '../core/plan.ts';
import { createRandom } from '../core/random.ts';
import { AgeSource } from './age-source.ts';
import { setBreather } from './client-socket.ts';
import { ConnectGate } from './connect-gate.ts';
import type { FromLoad, LoadEndpoints } from './control.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { GroupTotals } from './group-totals.ts';
import { IntervalReporter } from './interval-reporter.ts';
import { type DueSource, Pacer } from './pacer.ts';
import { Population } from './population.ts';
import { Publisher } from './publisher.ts';
import { ReaderPace } from './reader-pace.ts';
import { ReceiptOutbox } from './receipt-outbox.ts';
import { Recorder } from './recorder.ts';
import { Requester } from './requester.ts';
import { Sampler } from './sampler.ts';
import { ArrivalSource, ConnectionSource, MomentSource } from './sources.ts';
import { SseClient } from './sse-client.ts';
import type { Published } from './subscription.ts';
import { Timetable } from './timetable.ts';
import { WsClient } from './ws-client.ts';

export interface PlayerOptions {
  readonly clock: Clock;
  readonly plan: ScenarioPlan;
  readonly endpoints: LoadEndpoints;
  readonly sampleIntervalMs: number;
  readonly histogramIntervalMs: number;
  /** The first phase starts so many milliseconds after the epoch. */
  readonly startMs: number;
  readonly send: (message: FromLoad) => void;
}

/** Groups of paths that the target does not have stay silent: their totals remain 0. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #timetable: Timetable;
  readonly #recorder: Recorder;
  readonly #totals: readonly GroupTotals[];
  readonly #gate = new ConnectGate();
  readonly #outbox: ReceiptOutbox;
  readonly #populations: (Population | undefined)[] = [];
  readonly #requesters: (Requester | undefined)[] = [];
  readonly #publisher: Publisher | undefined;
  /** The populations come first, as the publisher asks which there are. */
  readonly #published: Published = {
    newestSeq: () => this.#publisher?.newestSeq ?? 0,
    countTakenAfter: (seq) => this.#publisher?.countTakenAfter(seq) ?? 0,
  };
  readonly #sampler: Sampler;
  readonly #intervals: IntervalReporter;
  readonly #pacer: Pacer;
  #sampleTimer: NodeJS.Timeout | undefined;
  #isDone = false;
  #isClosed = false;

  constructor(options: PlayerOptions) {
    const { clock, plan, send } = options;
    this.#options = options;
    this.#timetable = new Timetable(plan.phases, options.startMs);
    const series = plan.clients.map(({ name, path }) => ({ group: name, path }));
    const replies = plan.clients.map(({ name, path }) => ({ group: `${name} replies`, path }));
    this.#recorder = new Recorder([...series, ...replies], this.#timetable);
    this.#totals = plan.clients.map((group) => new GroupTotals(group));
    this.#outbox = new ReceiptOutbox((receipts) => send({ type: 'receipts', receipts }));
    for (const [index, group] of plan.clients.entries()) this.#createGroup(group, index);
    this.#publisher = this.#createPublisher();
    this.#sampler = new Sampler({
      clock,
      timetable: this.#timetable,
      totals: this.#totals,
      readPublish: this.#publisher === undefined ? null : () => (this.#publisher as Publisher).sample(),
    });
    this.#intervals = new IntervalReporter(this.#recorder, clock, send);
    this.#pacer = new Pacer({
      clock,
      sources: this.#listSources(),
      onLateness: (dueNs, takenUpNs) => this.#sampler.recordLateness(dueNs, takenUpNs),
    });
  }

  start(): void {
    const { sampleIntervalMs, histogramIntervalMs, send } = this.#options;
    this.#sampleTimer = setInterval(() => {
      send({ type: 'sample', sample: this.#sampler.sample() });
    }, sampleIntervalMs);
    this.#intervals.start(histogramIntervalMs);
    this.#publisher?.connect();
    setBreather(() => this.#pacer.poll());
    this.#pacer.start();
  }

  /** Nothing new is due from now on. Requests that were due already still get their connection. */
  finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#pacer.stop();
    this.#gate.stop();
    for (const population of this.#populations) population?.stopOpening();
    for (const requester of this.#requesters) requester?.stopOpening();
    this.#sampler.endPhases();
    this.#options.send({ type: 'arrivalsDone', atMs: this.#options.clock.nowNs() / NS_PER_MS });
  }

  thaw(): void {
    this.#recorder.isFrozen = true;
    for (const population of this.#populations) population?.thaw();
  }

  /** Ends everything and sends the last receipts, the last interval and `closed`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.finish();
    clearInterval(this.#sampleTimer);
    this.#publisher?.close();
    for (const requester of this.#requesters) requester?.close();
    for (const population of this.#populations) population?.close();
    this.#outbox.flush();
    this.#intervals.close();
    this.#options.send({ type: 'closed', sample: this.#sampler.sample() });
  }

  #createGroup(group: ClientGroup, index: number): void {
    const { clock, plan } = this.#options;
    const { endpoints } = this.#options;
    const endpoint = findEndpoint(group, endpoints);
    if (endpoint === null) return;
    const totals = this.#totals[index] as GroupTotals;
    const recorder = this.#recorder;
    if (group.path === 'proxy') {
      this.#requesters[index] = new Requester({ endpoint, clock, recorder, totals, series: index });
      return;
    }
    const { readBytesPerSec } = group;
    // The embedded system tells itself what it offered to whom.
    const published = endpoints.isEmbedded || endpoints.publish === null ? null : this.#published;
    const random = createRandom(plan.seed, `websocket masks/${group.name}`);
    this.#populations[index] = new Population({
      context: {
        clock,
        recorder,
        totals,
        series: index,
        replySeries: plan.clients.length + index,
        published,
      },
      gate: this.#gate,
      groupIndex: index,
      onReceipt: (receipt) => this.#outbox.push(receipt),
      createSubscriber(subscription, owner) {
        const pace = readBytesPerSec === null ? null : new ReaderPace(readBytesPerSec);
        return group.path === 'sse'
          ? new SseClient(endpoint, subscription, owner, clock, pace, endpoints.isEmbedded)
          : new WsClient(endpoint, subscription, owner, clock, pace, random);
      },
    });
  }

  #createPublisher(): Publisher | undefined {
    const { clock, endpoints, plan } = this.#options;
    const isWanted = plan.phases.some((phase) => phase.publish !== null);
    if (endpoints.publish === null || !isWanted) return undefined;
    return new Publisher({
      endpoint: parseEndpoint(endpoints.publish),
      clock,
      recorder: this.#recorder,
      timetable: this.#timetable,
      mix: endpoints.isEmbedded ? plan.events : null,
      seed: plan.seed,
      subscriberSeries: plan.clients.flatMap((_, index) => (this.#populations[index] ? [index] : [])),
    });
  }

  /** In the order in which they go when they are due together: the phase, its connections, its work. */
  #listSources(): DueSource[] {
    const { plan } = this.#options;
    const timetable = this.#timetable;
    const { seed } = plan;
    const subscribers = plan.clients.map(({ name }, index) => (this.#populations[index] ? name : ''));
    const sources: DueSource[] = [
      new MomentSource(timetable.boundsNs, (index) => this.#enterPhase(index)),
      new ConnectionSource(timetable, subscribers, seed, (index) => this.#populations[index]?.openOne()),
    ];
    const publisher = this.#publisher;
    if (publisher !== undefined) {
      sources.push(
        new ArrivalSource({
          timetable,
          seed,
          label: 'publish',
          arrivalsOf: (phase) => phase.publish,
          onDue: (dueNs) => publisher.takeUp(dueNs),
        }),
      );
    }
    plan.clients.forEach((group, index) => {
      const worker = this.#requesters[index] ?? (group.path === 'ws' && this.#populations[index]?.messenger);
      if (!worker) return;
      sources.push(
        new ArrivalSource({
          timetable,
          seed,
          label: `group ${group.name}`,
          arrivalsOf: (phase) => phase.arrivals[group.name] ?? group.arrivals,
          onDue: (dueNs) => worker.takeUp(dueNs),
        }),
      );
    });
    sources.push(new AgeSource(timetable, seed, (nowNs) => this.#recordAges(nowNs)));
    return sources;
  }

  #enterPhase(index: number): void {
    const phase = this.#timetable.phases[index];
    if (phase === undefined) {
      this.finish();
      return;
    }
    const startedMs = (this.#timetable.boundsNs[index] as number) / NS_PER_MS;
    this.#options.send({ type: 'phase', name: phase.name, index, startedMs });
    this.#totals.forEach(({ group }, groupIndex) => {
      const count = phase.connections[group.name] ?? 0;
      this.#requesters[groupIndex]?.setLimit(count);
      this.#populations[groupIndex]?.shrinkTo(count);
    });
  }

  #recordAges(nowNs: number): void {
    for (const population of this.#populations) population?.recordAges(nowNs / 1000);
  }
}

/** Where a group connects to, or `null` when the target lacks its path. */
function findEndpoint({ name, path, via }: ClientGroup, endpoints: LoadEndpoints): Endpoint | null {
  const url = (
    { sse: endpoints.sse, ws: endpoints.ws, proxy: endpoints.proxy } satisfies Record<PathName, unknown>
  )[path];
  if (url === null) return null;
  if (via === 'tcp') return parseEndpoint(url);
  if (endpoints.unixSocketPath !== null) return parseEndpoint(url, endpoints.unixSocketPath);
  throw new BenchError(
    'BPB_ERR_UNREACHABLE',
    `the group '${name}' connects over a Unix socket (via: unix), but the target has none`,
    { hints: ['remove via: unix from the group, or give the target a Unix socket'] },
  );
}
