/**
 * What waits to be taken, in order of arrival, with the indices that the stages of its channel asked for:
 * by class, by flow, by key.
 */
import { CLASS_COUNT, type Entry, EntryList, type EntryView, type Key } from './entry.ts';

export type QueueIndex = 'class' | 'flow' | 'key';

/** The entries of one class or one flow, oldest first. */
export interface LaneView<T = unknown> {
  readonly key: Key;
  readonly items: number;
  readonly bytes: number;
  readonly oldest: EntryView<T> | undefined;
  readonly newest: EntryView<T> | undefined;
}

/** The queue as stages see it. The object is the channel's own: read it, do not keep it. */
export interface QueueView<T = unknown> {
  readonly depthItems: number;
  /** Cost of what is queued, in bytes. */
  readonly bytes: number;
  /** Infinity under a policy that declares `bounded: false`. */
  readonly capacityItems: number;
  /** 0 when bytes are not bounded. */
  readonly capacityBytes: number;
  /** Offers that wait already; any decision but `wait` overtakes them. */
  readonly waiters: number;
  readonly oldest: EntryView<T> | undefined;
  readonly newest: EntryView<T> | undefined;
  /** The entries of a class; `undefined` while it has none, or where classes are not indexed. */
  ofClass(index: number): LaneView<T> | undefined;
  /** The flows that have entries; empty where flows are not indexed. */
  readonly flows: ReadonlyMap<Key, LaneView<T>>;
  /** The newest entry with this key, where keys are indexed. */
  ofKey(key: Key): EntryView<T> | undefined;
}

/** By which links of an entry a lane holds together. */
type OlderLink = 'olderOfClass' | 'olderOfFlow';
type NewerLink = 'newerOfClass' | 'newerOfFlow';

class Lane<T> implements LaneView<T> {
  readonly key: Key;
  items = 0;
  bytes = 0;
  oldest: Entry<T> | undefined = undefined;
  newest: Entry<T> | undefined = undefined;
  private readonly older: OlderLink;
  private readonly newer: NewerLink;

  constructor(key: Key, older: OlderLink, newer: NewerLink) {
    this.key = key;
    this.older = older;
    this.newer = newer;
  }

  push(entry: Entry<T>): void {
    this.link(this.newest, entry);
    this.link(entry, undefined);
    this.items++;
    this.bytes += entry.cost;
  }

  remove(entry: Entry<T>): void {
    this.link(entry[this.older], entry[this.newer]);
    this.items--;
    this.bytes -= entry.cost;
    entry[this.older] = undefined;
    entry[this.newer] = undefined;
  }

  replace(old: Entry<T>, fresh: Entry<T>): void {
    this.link(old[this.older], fresh);
    this.link(fresh, old[this.newer]);
    this.bytes += fresh.cost - old.cost;
    old[this.older] = undefined;
    old[this.newer] = undefined;
  }

  /** Makes the two neighbours; `undefined` is the end on that side. */
  private link(older: Entry<T> | undefined, newer: Entry<T> | undefined): void {
    if (older === undefined) this.oldest = newer;
    else older[this.newer] = newer;
    if (newer === undefined) this.newest = older;
    else newer[this.older] = older;
  }
}

export class ReadyQueue<T> extends EntryList<T> {
  private readonly classes: (Lane<T> | undefined)[] | undefined;
  readonly flows: Map<Key, Lane<T>>;
  private readonly hasFlows: boolean;
  private readonly keys: Map<Key, Entry<T>> | undefined;
  private readonly isIndexed: boolean;

  constructor(indices: ReadonlySet<QueueIndex>) {
    super();
    this.classes = indices.has('class') ? new Array(CLASS_COUNT).fill(undefined) : undefined;
    this.hasFlows = indices.has('flow');
    this.flows = this.hasFlows ? new Map<Key, Lane<T>>() : NO_FLOWS;
    this.keys = indices.has('key') ? new Map() : undefined;
    this.isIndexed = indices.size > 0;
  }

  add(entry: Entry<T>): void {
    this.push(entry);
    if (!this.isIndexed) return;
    this.classLane(entry)?.push(entry);
    this.flowLane(entry)?.push(entry);
    this.keys?.set(entry.key, entry);
  }

  take(entry: Entry<T>): void {
    this.remove(entry);
    if (!this.isIndexed) return;
    this.classLane(entry)?.remove(entry);
    const flow = this.flowLane(entry);
    flow?.remove(entry);
    if (flow?.items === 0) this.flows.delete(entry.flow);
    if (this.keys?.get(entry.key) === entry) this.keys.delete(entry.key);
  }

  /** Puts `fresh` where `old` stands, among its class and flow too where those are the same. */
  swap(old: Entry<T>, fresh: Entry<T>): void {
    if (old.class !== fresh.class || old.flow !== fresh.flow || old.key !== fresh.key) {
      const newer = old.newer;
      this.take(old);
      this.add(fresh);
      if (newer !== undefined) this.moveBefore(fresh, newer);
      return;
    }
    this.replace(old, fresh);
    if (!this.isIndexed) return;
    this.classLane(fresh)?.replace(old, fresh);
    this.flowLane(fresh)?.replace(old, fresh);
    this.keys?.set(fresh.key, fresh);
  }

  ofClass(index: number): Lane<T> | undefined {
    const lane = this.classes?.[index];
    return lane === undefined || lane.items === 0 ? undefined : lane;
  }

  ofKey(key: Key): Entry<T> | undefined {
    return this.keys?.get(key);
  }

  private classLane(entry: Entry<T>): Lane<T> | undefined {
    if (this.classes === undefined) return undefined;
    this.classes[entry.class] ??= new Lane(entry.class, 'olderOfClass', 'newerOfClass');
    return this.classes[entry.class];
  }

  private flowLane(entry: Entry<T>): Lane<T> | undefined {
    if (!this.hasFlows) return undefined;
    let lane = this.flows.get(entry.flow);
    if (lane === undefined) {
      lane = new Lane(entry.flow, 'olderOfFlow', 'newerOfFlow');
      this.flows.set(entry.flow, lane);
    }
    return lane;
  }
}

/** Shared, and never written: only a queue with flows of its own adds any. */
const NO_FLOWS = new Map<Key, never>();
