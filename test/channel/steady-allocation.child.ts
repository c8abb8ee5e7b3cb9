/** Prints, as JSON, how many bytes many steady rounds on a channel allocate. Needs --expose-gc. */
import type { Clock } from '../../src/core/clock.ts';
import type { Admission, AdmissionDefinition } from '../../src/system/admission/admission.ts';
import { ADMISSIONS } from '../../src/system/admission/registry.ts';
import { AQMS } from '../../src/system/aqm/registry.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import type { ChannelStages } from '../../src/system/channel/stages.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import type { Shaper, ShapingDefinition } from '../../src/system/shaping/shaper.ts';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import { type Definition, defaultsOf } from '../../src/system/strategies/definition.ts';

const ROUNDS = 200_000;
const gc = globalThis.gc as () => void;

interface Item {
  readonly bytes: number;
  readonly class: number;
  readonly key: number;
}

/** Of all classes and 16 keys, made once. */
const ITEMS: readonly Item[] = Array.from({ length: 64 }, (_, i) => ({ bytes: 200, class: i % 4, key: i % 16 }));
const itemOf = (round: number): Item => ITEMS[round % ITEMS.length] as Item;

/** A clock of its own cost would be measured too: this one counts, and its timers never ring. */
let nowNs = 0;
const TIMER = { cancel() {} };
const CLOCK: Clock = { nowNs: () => nowNs, setTimer: () => TIMER };

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
    nowNs += 1000;
    channel.offer(itemOf(round));
    const item = channel.tryTake();
    if (item !== undefined) channel.delivered(item);
  }
}

/** Offers twice for each take, so that the queue is full most of the time. */
function overload(channel: Channel<Item>): void {
  for (let round = 0; round < ROUNDS; round++) {
    nowNs += 1000;
    channel.offer(itemOf(round));
    if (round % 2 > 0) continue;
    const item = channel.tryTake();
    if (item !== undefined) channel.delivered(item);
  }
}

/** The least of several readings: the compiler allocates too, now and then, but not each time. */
function measureBytes(work: () => void): number {
  work();
  work();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
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
  'debounce, where each item replaces one': () => ({
    shapers: [debounce.create?.<Item>(debounceValues) as Shaper<Item>],
  }),
  'token-bucket': () => admission(bucket.create(bucketValues, () => 0)),
  'concurrency-static': () => admission(limit.create(limitValues, () => 0)),
};

const measured: Record<string, number> = {};
for (const policy of Object.values<OverflowPolicy>(OVERFLOW_POLICIES)) {
  // Waiting is a promise, and what goes to disk is bytes: those allocate, and say so.
  const { holdsProducer, serialises, disconnects } = policy.effects;
  if (policy.specimen || serialises || disconnects) continue;
  const channel = open(policy);
  measured[`${policy.name}: offer and take`] = measureBytes(() => offerAndTake(channel));
  if (holdsProducer || policy.bounded === false) continue;
  measured[`${policy.name}: overload`] = measureBytes(() => overload(channel));
}
for (const [name, create] of Object.entries(STAGED)) {
  const channel = open(OVERFLOW_POLICIES['drop-oldest'], create());
  measured[`${name}: offer and take`] = measureBytes(() => offerAndTake(channel));
  measured[`${name}: overload`] = measureBytes(() => overload(channel));
}
const sink: unknown[] = [];
measured['control: one object per hundred rounds'] = measureBytes(() => {
  sink.length = 0;
  for (let i = 0; i < ROUNDS / 100; i++) sink.push({ i });
});
process.stdout.write(JSON.stringify(measured));
