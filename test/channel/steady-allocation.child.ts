/**
 * Prints, as JSON, how many bytes many steady rounds on a channel allocate, under the strategies named in the
 * arguments: a process follows few, and calls that mean many different functions cost more. Needs --expose-gc.
 */
import type { Clock } from '../../src/core/clock.ts';
import type { Admission, AdmissionDefinition } from '../../src/system/admission/admission.ts';
import { ADMISSIONS } from '../../src/system/admission/registry.ts';
import { AQMS } from '../../src/system/aqm/registry.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import type { ChannelStages } from '../../src/system/channel/stages.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type { Shaper, ShapingDefinition } from '../../src/system/shaping/shaper.ts';
import { type Definition, defaultsOf } from '../../src/system/strategies/definition.ts';

const ROUNDS = 20_000;
/** Enough for the compiler to be done with what it sees here. */
const WARM_UPS = 12;
const READINGS = 6;
const gc = globalThis.gc as () => void;

interface Item {
  readonly bytes: number;
  readonly class: number;
  readonly key: number;
}

/** Of all classes and 16 keys, made once. */
const ITEMS: readonly Item[] = Array.from({ length: 64 }, (_, i) => ({
  bytes: 200,
  class: i % 4,
  key: i % 16,
}));
const itemOf = (round: number): Item => ITEMS[round % ITEMS.length] as Item;

/** What a clock costs would be measured too: this one keeps its time in place, and its timers never ring. */
const time = new Float64Array([1e12]);
const TIMER = { cancel() {} };
const CLOCK: Clock = { nowNs: () => time[0] as number, setTimer: () => TIMER };
const tick = (): void => {
  time[0] = (time[0] as number) + 1000;
};

function open(overflow: OverflowPolicy, stages: ChannelStages<Item> = {}): Channel<Item> {
  return createChannel<Item>({
    overflow,
    stages,
    capacityItems: 64,
    clock: CLOCK,
    sizeOf: (item) => item.bytes,
    classOf: (item) => item.class,
    keyOf: (item) => item.key,
    flowOf: (item) => item.key,
    merge: (older) => older,
    onEnd: () => {},
  });
}

/** Takes as much as it offers. */
function offerAndTake(channel: Channel<Item>): void {
  for (let round = 0; round < ROUNDS; round++) {
    tick();
    channel.offer(itemOf(round));
    const item = channel.tryTake();
    if (item !== undefined) channel.delivered(item);
  }
}

/** Offers twice for each take, so that the queue is full most of the time. */
function overload(channel: Channel<Item>): void {
  for (let round = 0; round < ROUNDS; round++) {
    tick();
    channel.offer(itemOf(round));
    if (round % 2 > 0) continue;
    const item = channel.tryTake();
    if (item !== undefined) channel.delivered(item);
  }
}

/** The least of several readings: the compiler allocates too, now and then, but not each time. */
function measureBytes(work: () => void): number {
  for (let i = 0; i < WARM_UPS; i++) work();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < READINGS; i++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    work();
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  return least;
}

const withDefaults = <D extends Definition>(
  registry: Record<string, D>,
  name: string,
): [D, Record<string, string | number>] => {
  const definition = registry[name] as D;
  return [definition, defaultsOf(definition)];
};

const [codel, codelValues] = withDefaults(AQMS, 'codel');
const [service, serviceValues] = withDefaults(AQMS, 'codel-service');
const [drr, drrValues] = withDefaults(SCHEDULERS, 'drr');
const [priority] = withDefaults(SCHEDULERS, 'strict-priority');
const [aging, agingValues] = withDefaults(SCHEDULERS, 'priority+aging');
const [fair, fairValues] = withDefaults(SCHEDULERS, 'fq-codel');
const [debounce, debounceValues] = withDefaults<ShapingDefinition>(SHAPERS, 'debounce');
const [bucket, bucketValues] = withDefaults<AdmissionDefinition>(ADMISSIONS, 'token-bucket');
const [limit, limitValues] = withDefaults<AdmissionDefinition>(ADMISSIONS, 'concurrency-static');

const admission = (one: Admission): ChannelStages<Item> => ({ admission: [one] });

const STAGED: Record<string, () => ChannelStages<Item>> = {
  ttl: () => ({ ttlMs: 1 }),
  codel: () => ({ aqm: codel.create<Item>(codelValues), aqmDropReason: codel.dropReason }),
  'codel-service': () => ({ aqm: service.create<Item>(serviceValues), aqmDropReason: service.dropReason }),
  drr: () => ({ scheduler: drr.create<Item>(drrValues), indices: drr.needs ?? [] }),
  'strict-priority': () => ({ scheduler: priority.create<Item>({}), indices: priority.needs ?? [] }),
  'priority+aging': () => ({ scheduler: aging.create<Item>(agingValues), indices: aging.needs ?? [] }),
  'fq-codel': () => ({ scheduler: fair.create<Item>(fairValues), indices: fair.needs ?? [] }),
  debounce: () => ({
    shapers: [debounce.create?.<Item>(debounceValues) as Shaper<Item>],
  }),
  'token-bucket': () => admission(bucket.create(bucketValues, () => 0)),
  'concurrency-static': () => admission(limit.create(limitValues, () => 0)),
};

const measured: Record<string, number> = {};
for (const name of process.argv.slice(2)) {
  const policy = (OVERFLOW_POLICIES as Record<string, OverflowPolicy>)[name];
  const channel = open(policy ?? OVERFLOW_POLICIES['drop-oldest'], STAGED[name]?.());
  measured[`${name}: offer and take`] = measureBytes(() => offerAndTake(channel));
  // Waiting is a promise, and a queue without a bound takes memory: what is full is no steady state there.
  if (policy?.effects.holdsProducer || policy?.bounded === false) continue;
  measured[`${name}: overload`] = measureBytes(() => overload(channel));
}
const sink: unknown[] = [];
measured['control: one object per twenty rounds'] = measureBytes(() => {
  sink.length = 0;
  for (let i = 0; i < ROUNDS / 20; i++) sink.push({ i });
});
process.stdout.write(JSON.stringify(measured));
