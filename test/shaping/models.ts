/**
 * Each shaper once more, as plainly as can be: one step per millisecond, arrays, no timers. A model answers
 * what comes out at each moment, before the offers of that moment and then with them.
 */
import type { Item } from './stream.ts';

export interface Offer {
  readonly atMs: number;
  readonly item: Item;
}

/** What comes out at a moment by itself, and for an offer. */
interface Model {
  tick(nowMs: number): Item[];
  offer(item: Item, nowMs: number): Item[];
}

interface Held {
  item: Item;
  firstMs: number;
  lastMs: number;
}

const byId = (a: Item, b: Item): number => a.id - b.id;

/** Takes out of `list` what `isTaken`, and answers it. */
function takeOut<T>(list: T[], isTaken: (one: T) => boolean): T[] {
  const taken = list.filter(isTaken);
  list.splice(0, list.length, ...list.filter((one) => !isTaken(one)));
  return taken;
}

export function debounceModel(quietMs: number, maxWaitMs: number, maxKeys: number): Model {
  const held: Held[] = [];
  return {
    tick: (nowMs) =>
      takeOut(held, ({ firstMs, lastMs }) => nowMs >= lastMs + quietMs || nowMs >= firstMs + maxWaitMs)
        .map(({ item }) => item)
        .sort(byId),
    offer(item, nowMs) {
      const same = held.find((one) => one.item.key === item.key);
      if (same !== undefined) {
        same.item = item;
        same.lastMs = nowMs;
        return [];
      }
      const oldest = Math.min(...held.map((one) => one.item.id));
      const out = held.length < maxKeys ? [] : takeOut(held, (one) => one.item.id === oldest);
      held.push({ item, firstMs: nowMs, lastMs: nowMs });
      return out.map((one) => one.item);
    },
  };
}

export function leadingModel(quietMs: number): Model {
  const lastMs = new Map<unknown, number>();
  return {
    tick: () => [],
    offer(item, nowMs) {
      const isQuiet = nowMs - (lastMs.get(item.key) ?? Number.NEGATIVE_INFINITY) >= quietMs;
      lastMs.set(item.key, nowMs);
      return isQuiet ? [item] : [];
    },
  };
}

export function throttleModel(periodMs: number): Model {
  const emittedMs = new Map<unknown, number>();
  const held: Item[] = [];
  const isOpen = (item: Item, nowMs: number): boolean =>
    nowMs - (emittedMs.get(item.key) ?? Number.NEGATIVE_INFINITY) >= periodMs;
  const emit = (items: Item[], nowMs: number): Item[] => {
    for (const { key } of items) emittedMs.set(key, nowMs);
    return items.sort(byId);
  };
  return {
    tick: (nowMs) =>
      emit(
        takeOut(held, (item) => isOpen(item, nowMs)),
        nowMs,
      ),
    offer(item, nowMs) {
      if (isOpen(item, nowMs)) return emit([item], nowMs);
      takeOut(held, ({ key }) => key === item.key);
      held.push(item);
      return [];
    },
  };
}

/** `merges`: adds up instead of keeping the latest, and keeps the order of the first ones. */
export function periodModel(periodMs: number, merges: boolean): Model {
  let originMs: number | undefined;
  const held: Item[] = [];
  return {
    tick: (nowMs) => ((nowMs - (originMs ?? nowMs)) % periodMs === 0 ? held.splice(0) : []),
    offer(item, nowMs) {
      originMs ??= nowMs;
      const at = held.findIndex(({ key }) => key === item.key);
      const before = held[at];
      if (before === undefined) held.push(item);
      else if (merges) held[at] = { ...item, count: before.count + item.count };
      else {
        held.splice(at, 1);
        held.push(item);
      }
      return [];
    },
  };
}

export function batchModel(maxItems: number, maxBytes: number, windowMs: number): Model {
  let opensMs = 0;
  const held: Item[] = [];
  const bytes = (): number => held.reduce((sum, item) => sum + item.bytes, 0);
  return {
    tick: (nowMs) => (nowMs >= opensMs + windowMs ? held.splice(0) : []),
    offer(item, nowMs) {
      const out = bytes() + item.bytes > maxBytes ? held.splice(0) : [];
      if (held.length === 0) opensMs = nowMs;
      held.push(item);
      return held.length >= maxItems || bytes() >= maxBytes ? [...out, ...held.splice(0)] : out;
    },
  };
}

export function distinctModel(): Model {
  const sent = new Map<unknown, number>();
  return {
    tick: () => [],
    offer(item) {
      if (sent.get(item.key) === item.value) return [];
      sent.set(item.key, item.value);
      return [item];
    },
  };
}

export function dedupeModel(maxIds: number, windowMs: number): Model {
  let seen: { key: unknown; atMs: number }[] = [];
  return {
    tick: () => [],
    offer(item, nowMs) {
      seen = seen.filter(({ atMs }) => nowMs - atMs < windowMs).slice(-maxIds);
      if (seen.some(({ key }) => key === item.key)) return [];
      seen.push({ key: item.key, atMs: nowMs });
      return [item];
    },
  };
}

export function paceModel(intervalMs: number, burst: number): Model {
  const queue: Item[] = [];
  let theoryMs = Number.NEGATIVE_INFINITY;
  const leave = (nowMs: number): Item[] => {
    const out: Item[] = [];
    while (queue.length > 0 && nowMs >= theoryMs - (burst - 1) * intervalMs) {
      out.push(queue.shift() as Item);
      theoryMs = Math.max(theoryMs, nowMs) + intervalMs;
    }
    return out;
  };
  return {
    tick: leave,
    offer(item, nowMs) {
      queue.push(item);
      return leave(nowMs);
    },
  };
}

/** `5:3x1,4x2`: at 5 ms item 3, and item 4 that stands for two by its count. */
export function traceOf(model: Model, offers: readonly Offer[], untilMs: number): string {
  const lines: string[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs++) {
    const out = model.tick(nowMs);
    for (const { item } of offers.filter(({ atMs }) => atMs === nowMs)) out.push(...model.offer(item, nowMs));
    if (out.length > 0) lines.push(`${nowMs}:${out.map(({ id, count }) => `${id}x${count}`).join()}`);
  }
  return lines.join(' ');
}
