/** What one part of a strategy may not do to the traffic of a boundary, and what is worth knowing where it may. */
import { BOUNDARIES, type BoundaryFacts } from '../../core/boundary.ts';
import type { Effects } from './definition.ts';
import type { Part, Ruling, Site } from './legality.ts';
import { TRAFFIC } from './traffic.ts';

export type BoundaryRule = (part: Part, site: Site) => Ruling | undefined;

const REORDERS: Record<NonNullable<Effects['reorders']>, string> = {
  never: 'keeps the order',
  'across-keys': 'lets one key overtake another',
  'across-classes': 'lets one class overtake another',
  'across-flows': 'lets one flow overtake another',
  always: 'changes the order',
};

function rule(level: Ruling['level'], code: string, part: Part, does: string, harm: string): Ruling {
  const { name } = part.definition;
  return { level, code, parts: [name], does: `${name} ${does}`, harm };
}

/** Ids must rise, requests must not end before they start, … */
const order: BoundaryRule = (part, { facts }) => {
  const reorders = part.effects.reorders ?? 'never';
  const { refused, doubted, harm } = TRAFFIC[facts.traffic].order;
  if (refused.includes(reorders)) return rule('refused', 'order', part, REORDERS[reorders], harm);
  if (doubted.includes(reorders)) return rule('warning', 'order', part, REORDERS[reorders], harm);
  return undefined;
};

/** Where every item counts, also those of a connection that is let go. */
const losing: BoundaryRule = (part, { facts }) => {
  const harm = TRAFFIC[facts.traffic].dropHarm;
  if (part.effects.drops !== true || harm === null) return undefined;
  return rule('refused', 'loss', part, 'may drop items', harm);
};

const coalescing: BoundaryRule = (part, { facts }) => {
  const harm = TRAFFIC[facts.traffic].coalesceHarm;
  if (part.effects.coalesces !== true || harm === null) return undefined;
  return rule('refused', 'coalesce', part, 'lets one item stand for several', harm);
};

const spilling: BoundaryRule = (part, { facts }) => {
  if (part.effects.serialises !== true) return undefined;
  const { isRefused, harm } = TRAFFIC[facts.traffic].spill;
  if (!isRefused && !facts.hasDisk) {
    const noDisk =
      'queues here have no folder to write to; block keeps everything, unbounded keeps it in memory';
    return rule('refused', 'no-disk', part, 'writes to disk', noDisk);
  }
  return rule(isRefused ? 'refused' : 'warning', 'spill', part, 'writes to disk', harm);
};

/** Where one consumer serves everybody, none is slower than the others and none can be let go. */
const letGo: BoundaryRule = (part, { facts }) => {
  if (facts.scope === 'client') return undefined;
  if (part.effects.disconnects !== true) return undefined;
  if (part.definition.stage === 'slow-consumer') {
    const harm =
      'one consumer serves everybody here; let the overflow policy decide, such as block or drop-oldest';
    return rule('refused', 'one-consumer', part, 'acts on a slow consumer', harm);
  }
  if (part.definition.stage === 'admission') {
    const harm = 'one consumer serves everybody here; concurrency-static limits what is under way';
    return rule('refused', 'one-consumer', part, 'sends consumers away', harm);
  }
  const harm = 'one queue serves everybody here; drop-newest refuses the arriving item alone';
  return rule('refused', 'one-queue', part, 'closes the queue when it is full', harm);
};

/** A request that is in the queue has been read: there is nothing to stop reading. */
const pausing: BoundaryRule = (part, { facts }) => {
  if (facts.traffic !== 'http-requests' || part.definition.stage !== 'slow-consumer') return undefined;
  if (part.effects.holdsProducer !== true) return undefined;
  const harm = 'each client waits for its answer already; block, or drop-newest, which refuses with 503';
  return rule('refused', 'nothing-to-pause', part, 'makes producers wait', harm);
};

/** Why items of one consumer are for nobody else; `undefined` where all get the same. */
function ownHarm({ path, traffic }: BoundaryFacts): string | undefined {
  if (traffic === 'actor-commands') {
    return 'each connection has a state of its own, and its actor would get the commands of all others; leave the topology out';
  }
  return path === 'proxy'
    ? 'each stream has events of its own, and a busy one would push out those of another; leave the topology out'
    : undefined;
}

/** Live events are offered to all at once and share a slot; what one client reads from the store is for it alone. */
const CATCH_UP_HARM =
  'a client that catches up takes slots for itself, and what others have yet to take is overwritten, or waits; the ring for all stands at sse.bus';

const joining: BoundaryRule = (part, { facts }) => {
  if (part.effects.joinsConsumers !== true) return undefined;
  if (facts.scope === 'client') {
    if (facts === BOUNDARIES['sse.client'])
      return rule('warning', 'shared-slots', part, 'joins the queues of many consumers', CATCH_UP_HARM);
    const harm = ownHarm(facts);
    if (harm === undefined) return undefined;
    return rule('refused', 'own-events', part, 'joins the queues of many consumers', harm);
  }
  const harm = 'one consumer serves everybody here; leave the topology out';
  return rule('refused', 'one-consumer', part, 'joins the queues of many consumers', harm);
};

export const BOUNDARY_RULES: readonly BoundaryRule[] = [
  order,
  losing,
  coalescing,
  spilling,
  letGo,
  pausing,
  joining,
];

/** What is worth knowing of a whole strategy at a boundary, for those who ask. */
export function findNotes(parts: readonly Part[], { facts }: Site): Ruling[] {
  const { dropNote } = TRAFFIC[facts.traffic];
  // What goes by class drops the start of a request before its end; whoever is disconnected waits for no reply.
  const isHarmless = ({ effects }: Part) =>
    (effects.readsClass === true && facts.traffic === 'lifecycle-events') ||
    (effects.disconnects === true && facts.traffic === 'ws-messages');
  const dropping = parts.filter((part) => part.effects.drops === true && !isHarmless(part));
  const holding = parts.filter(({ effects }) => effects.holdsProducer === true);
  return [
    ...(dropNote === null ? [] : note('drop', dropping, 'may drop items', dropNote)),
    ...note(
      'hold',
      holding,
      holding.length === 1 ? 'makes producers wait' : 'make producers wait',
      holdHarm(facts),
    ),
  ];
}

function holdHarm(facts: BoundaryFacts): string {
  const { scope, path, traffic } = facts;
  if (facts === BOUNDARIES['sse.client'])
    return 'the forwarder of that client waits, and the bus goes on: block or ring-gated at sse.bus make the publisher wait';
  if (traffic === 'actor-commands')
    return 'what reads and writes this connection waits for its actor, and nobody else does';
  if (scope === 'shared') return 'whoever offers here waits, and so does all that waits for it';
  return path === 'proxy'
    ? 'the stream is not read from upstream meanwhile'
    : 'one slow client holds up all that are served by the same publisher';
}

function note(code: string, who: readonly Part[], does: string, harm: string): Ruling[] {
  if (who.length === 0) return [];
  const parts = who.map(({ definition }) => definition.name);
  return [{ level: 'note', code, parts, does: `${parts.join(', ')} ${does}`, harm }];
}
