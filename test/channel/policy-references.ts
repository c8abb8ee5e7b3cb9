/** What each overflow policy does with an item that does not fit, in the words of its rule. */
import { bytesOf, costOf, type Held, mergeItems } from './item.ts';
import type { ChannelModel } from './model.ts';

export interface PolicyReference {
  /** `held` does not fit, or others wait before it. */
  full(model: ChannelModel, held: Held): void;
  /** Whether `held` went into a queued item; may take one out and still say no. */
  absorb?(model: ChannelModel, held: Held): boolean;
  /** Items that may be queued with `held` among them. */
  capacityFor?(model: ChannelModel, held: Held): number;
  capacityBytesFor?(model: ChannelModel, held: Held): number;
  /** Its time in the line is over. */
  late?(model: ChannelModel, held: Held): void;
}

const oldest = (queue: readonly Held[]): Held | undefined => queue[0];
const newest = (queue: readonly Held[]): Held | undefined => queue.at(-1);

export const POLICIES: Record<string, () => PolicyReference> = {
  block: () => ({ full: (model, held) => model.wait(held) }),
  'drop-newest': () => ({ full: (model, held) => model.end(held, 'dropped', 'overflow.drop-newest') }),
  'drop-oldest': () => ({ full: (model, held) => model.makeRoom(held, 'overflow.drop-oldest', oldest) }),
  'evict-newest': () => ({ full: (model, held) => model.makeRoom(held, 'overflow.evict-newest', newest) }),
  'evict-all': () => ({
    full: (model, held) => {
      for (const queued of [...model.queue]) model.evict(queued, 'overflow.evict-all');
      model.enter(held);
    },
  }),
  unbounded: () => ({
    full: (model, held) => {
      const isGuarded = model.bytes + costOf(held.item) > model.setup.capacityBytes;
      if (isGuarded) model.end(held, 'dropped', 'oom_guard');
      else model.enter(held);
    },
  }),
  fail: () => ({
    full: (model, held) => {
      model.end(held, 'dropped', 'overflow.fail');
      model.breakDown(model.param('drainBeforeFail') === 'true', 'overflow.fail');
    },
  }),
  latest: () => ({
    capacityFor: () => 1,
    full: (model, held) => model.makeRoom(held, 'overflow.latest', oldest),
  }),
  timeout: () => ({
    full: (model, held) => model.wait(held, Number(model.param('deadlineMs'))),
    late: (model, held) => {
      const fallback = model.param('fallback');
      if (fallback === 'drop-oldest') return model.makeRoom(held, 'overflow.drop-oldest', oldest);
      model.end(held, 'dropped', 'block_timeout');
      if (fallback === 'fail') model.breakDown(false, 'block_timeout');
    },
  }),
  coalesce: () => ({
    absorb: (model, held) => {
      const old = model.newestOf.get(held.key);
      const fits = old !== undefined && model.fitsInPlaceOf(old, held.item);
      // Better the old value than none.
      if (old === undefined || (!fits && model.param('inner') === 'drop-newest')) return false;
      held.class = Math.min(held.class, old.class);
      if (model.param('position') === 'keep' && fits) {
        held.sinceNs = old.sinceNs;
        model.replace(old, held, old.item, 'key');
        return true;
      }
      model.coalesceAway(old, old.item, 'key');
      return false;
    },
    full: innerRule,
  }),
  merge: () => ({
    absorb: (model, held) => {
      const old = model.param('scope') === 'key' ? model.newestOf.get(held.key) : model.queue.at(-1);
      if (old === undefined) return false;
      const merged = mergeItems(old.item, held.item);
      if (!model.fitsInPlaceOf(old, merged)) return false;
      const endedItem = held.item;
      held.item = merged;
      held.class = Math.min(held.class, old.class);
      held.offeredNs = old.offeredNs;
      held.sinceNs = old.sinceNs;
      model.replace(old, held, endedItem, 'merge');
      return true;
    },
    full: innerRule,
  }),
  'evict-lowest-priority': () => ({
    full: (model, held) => {
      const reach = model.param('strict') === 'true' ? held.class + 1 : held.class;
      const victims = model.queue.filter((queued) => queued.class >= reach);
      const left = model.queue.length - victims.length;
      const leftBytes = model.bytes - bytesOf(victims);
      const helps = left < model.setup.capacityItems && leftBytes + costOf(held.item) <= model.limitBytes;
      if (!helps) return model.end(held, 'dropped', 'priority.shed');
      model.makeRoom(held, 'priority.evicted', (queue) => {
        const lowest = Math.max(...queue.map((queued) => queued.class));
        return queue.find((queued) => queued.class === lowest);
      });
    },
  }),
  reserve: () => ({
    capacityFor: (model, held) => lessReserve(model, held, model.setup.capacityItems),
    capacityBytesFor: (model, held) => lessReserve(model, held, model.limitBytes),
    full: (model, held) => {
      if (held.class > 0) model.end(held, 'dropped', 'priority.shed');
      else if (model.param('critical') === 'block') model.wait(held);
      else model.end(held, 'failed', 'overflow.reserve');
    },
  }),
  'evict-longest': () => ({
    full: (model, held) => {
      while (!model.fits(held)) {
        const of = (flow: string): Held[] => model.queue.filter((queued) => queued.flow === flow);
        const most = Math.max(...model.flows.map((flow) => bytesOf(of(flow))));
        const longest = model.flows.find((flow) => bytesOf(of(flow)) === most) as string;
        for (let gone = 0; gone < Number(model.param('batch')); gone++) {
          if (gone > 0 && most - bytesOf(of(longest)) >= Math.floor(most / 2)) break;
          model.evict(of(longest)[0] as Held, 'overflow.evict-longest');
        }
      }
      model.enter(held);
    },
  }),
};

function innerRule(model: ChannelModel, held: Held): void {
  if (model.param('inner') === 'drop-oldest') model.makeRoom(held, 'overflow.drop-oldest', oldest);
  else model.end(held, 'dropped', 'overflow.drop-newest');
}

function lessReserve(model: ChannelModel, held: Held, capacity: number): number {
  if (held.class === 0 || capacity === Number.POSITIVE_INFINITY) return capacity;
  const share = Number(model.param(held.class === 1 ? 'reserveNormal' : 'reserve'));
  // Shares are whole percents here, so that what is meant is exact.
  return capacity - Math.floor((capacity * Math.round(share * 100)) / 100);
}
