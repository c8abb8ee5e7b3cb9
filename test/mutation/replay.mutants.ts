/** What a consumer that was lapped reads from the store: exactly what it missed, or what is then missing is told. */
import type { EventStore } from '../../src/system/store/store.ts';
import { HeldStore, Rig } from '../system/projections/rig.ts';
import type { Mutant } from './mutant.ts';

const EVENTS = 60;
/** Of the latest ones, so many are kept. */
const KEPT = 20;

type Read = EventStore['read'];

interface Variant {
  /** How the store is asked. */
  readonly ask?: (read: Read) => Read;
  readonly onLag?: 'replay' | 'skip';
}

class AskedStore extends HeldStore {
  readonly #ask: (read: Read) => Read;

  constructor(ask: (read: Read) => Read) {
    super();
    this.isPrompt = true;
    this.#ask = ask;
  }

  override read(...asked: Parameters<Read>): ReturnType<Read> {
    return this.#ask((...really) => super.read(...really))(...asked);
  }
}

/** Plays bursts that lap a ring of four many times over; answers the ids that a projection was given, and what it says. */
async function lapOften({ ask = (read) => read, onLag = 'replay' }: Variant, keepEvents: number) {
  const store = new AskedStore(ask);
  store.keepEvents = keepEvents;
  const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1, onLag }, store });
  const { projection, given } = rig.openOne();
  for (let burst = 0; burst < EVENTS / 12; burst++) {
    for (let i = 0; i < 12; i++) void rig.publish();
    await rig.runFor(burst === 2 ? 0 : 5);
  }
  await rig.runFor(1000);
  const { missed, recovered } = projection.sample(EVENTS);
  projection.stop();
  return { ids: given.map(({ id }) => id), missed, recovered };
}

/** P24: in retention each event is given exactly once. */
async function findReplayFault(variant: Variant): Promise<string | undefined> {
  const { ids } = await lapOften(variant, Number.POSITIVE_INFINITY);
  const lost = Array.from({ length: EVENTS }, (_, i) => i + 1).filter((id) => !ids.includes(id));
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  if (lost.length > 0) return `P24: ${lost.length} events never came, the first one is ${lost[0]}`;
  return twice.length === 0
    ? undefined
    : `P24: ${twice.length} events came twice, the first one is ${twice[0]}`;
}

/** P21: what did not come is what it says is missing, also where the store no longer has it. */
async function findUntoldGap(variant: Variant): Promise<string | undefined> {
  const { ids, missed, recovered } = await lapOften(variant, KEPT);
  const lost = EVENTS - new Set(ids).size;
  if (lost === 0) return 'P21: nothing was lost, so nothing was checked';
  return missed - recovered === lost
    ? undefined
    : `P21: ${lost} events never came, ${missed - recovered} are told`;
}

const PLUS_ONE: Variant = {
  ask: (read) => (afterId, untilId, limit) => read(afterId === 0 ? 0 : afterId + 1, untilId, limit),
};
const MINUS_ONE: Variant = {
  ask: (read) => (afterId, untilId, limit) => read(afterId - 1, untilId, limit),
};
/** Fills a gap with the newest events, whatever was asked for. */
const ANYTHING: Variant = {
  ask: (read) => async (_afterId, untilId, limit) => read(0, untilId, limit),
};

export default [
  {
    property: 'P24',
    name: 'off-by-one resume: asks for what is above since + 1',
    kill: () => findReplayFault(PLUS_ONE),
    spare: () => findReplayFault({}),
  },
  {
    property: 'P24',
    name: 'reads the last event once more',
    kill: () => findReplayFault(MINUS_ONE),
    spare: () => findReplayFault({}),
  },
  {
    property: 'P24',
    name: 'skip under the label replay',
    kill: () => findReplayFault({ onLag: 'skip' }),
    spare: () => findReplayFault({ onLag: 'replay' }),
  },
  {
    property: 'P21',
    name: 'counts as recovered what it had before',
    kill: () => findUntoldGap(ANYTHING),
    spare: () => findUntoldGap({}),
  },
] satisfies Mutant[];
