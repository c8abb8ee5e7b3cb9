import type { Key } from '../../src/system/channel/entry.ts';
import { KeyedSlots } from '../../src/system/shaping/keyed-slots.ts';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type {
  DepartureGate,
  EntryView,
  Shaper,
  ShaperPorts,
  ShapingDefinition,
} from '../../src/system/shaping/shaper.ts';
import { defaultsOf, type Params } from '../../src/system/strategies/definition.ts';
import {
  checkBound,
  checkDepartures,
  checkLastValue,
  checkOncePerWindow,
  checkResumable,
  checkWait,
  type MakeShaper,
} from '../shaping/checks.ts';
import type { Item } from '../shaping/stream.ts';
import type { Mutant } from './mutant.ts';

function make(definition: ShapingDefinition, values: Params = {}): MakeShaper {
  return () => definition.create?.<Item>({ ...defaultsOf(definition), ...values }) as Shaper<Item>;
}

function makePace(ratePerSec: number): () => DepartureGate<Item> {
  const { pace } = SHAPERS as Record<string, ShapingDefinition>;
  return () => pace?.createGate?.<Item>({ ratePerSec, burstItems: 1 }) as DepartureGate<Item>;
}

const QUIET_NS = 300e6;
/** Far beyond every schedule: as if there were no longest wait. */
const NO_MAX_WAIT = { maxWaitMs: 1e9 };
const debounce = make(SHAPERS.debounce);
const patient = make(SHAPERS.debounce, NO_MAX_WAIT);
const FEW_KEYS = { maxKeys: 8, maxIds: 8 };

/** A debounce that is right but for what a bug changes. */
class BuggyDebounce implements Shaper<Item> {
  wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly bug: 'loses the update' | 'map order' | 'unbounded map';
  private readonly pending = new Map<Key, { entry: EntryView<Item>; atNs: number }>();

  constructor(bug: 'loses the update' | 'map order' | 'unbounded map') {
    this.bug = bug;
  }

  offer(entry: EntryView<Item>, nowNs: number, ports: ShaperPorts<Item>): void {
    this.wake(nowNs, ports);
    const slot = this.pending.get(entry.key);
    if (slot === undefined) {
      if (this.bug !== 'unbounded map' && this.pending.size >= 8) this.flush(nowNs, ports);
      this.pending.set(entry.key, { entry, atNs: nowNs });
    } else {
      slot.atNs = nowNs;
      if (this.bug === 'loses the update') ports.coalesce(entry, 'debounce', slot.entry);
      else {
        ports.coalesce(slot.entry, 'debounce', entry);
        slot.entry = entry;
      }
    }
    this.setWake();
  }

  wake(nowNs: number, ports: ShaperPorts<Item>): void {
    // A map keeps the place of the first item of a key, whatever came since.
    for (const [key, { entry, atNs }] of this.pending) {
      if (atNs + QUIET_NS > nowNs) continue;
      this.pending.delete(key);
      ports.emit(entry);
    }
    this.setWake();
  }

  flush(_nowNs: number, ports: ShaperPorts<Item>): void {
    for (const { entry } of this.pending.values()) ports.emit(entry);
    this.reset();
  }

  reset(): void {
    this.pending.clear();
    this.setWake();
  }

  private setWake(): void {
    const dueNs = [...this.pending.values()].map(({ atNs }) => atNs + QUIET_NS);
    // The bug of the order shows where several are due at once: all keys wait for the last of them.
    const isBatched = this.bug === 'map order';
    this.wakeAtNs = isBatched && dueNs.length > 0 ? Math.max(...dueNs) : Math.min(...dueNs);
  }
}

/** Forgets all ids at the end of each window, however young they are. */
class ReopenedDedupe implements Shaper<Item> {
  readonly wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly windowNs: number;
  private readonly seen = new KeyedSlots<never>();
  private openedNs = 0;

  constructor(windowNs: number) {
    this.windowNs = windowNs;
  }

  offer(entry: EntryView<Item>, nowNs: number, ports: ShaperPorts<Item>): void {
    if (nowNs - this.openedNs >= this.windowNs) {
      this.seen.clear();
      this.openedNs = nowNs;
    }
    if (this.seen.get(entry.key) !== undefined) return ports.coalesce(entry, 'dedupe');
    this.seen.open(entry.key, undefined, nowNs);
    ports.emit(entry);
  }

  wake(): void {}

  flush(): void {}

  reset(): void {
    this.seen.clear();
  }
}

/** Adds up intervals as they come, in one of two ways to be imprecise. */
class DriftingPace implements DepartureGate<Item> {
  private readonly intervalNs: number;
  private nextNs = 0;

  constructor(intervalNs: number) {
    this.intervalNs = intervalNs;
  }

  readyAtNs(): number {
    return Math.ceil(this.nextNs);
  }

  onTake(_entry: EntryView<Item>, nowNs: number): void {
    this.nextNs = Math.max(nowNs, this.nextNs) + this.intervalNs;
  }
}

const RATE = 600_000;

export default [
  {
    property: 'P11',
    name: 'update lost: the first item of a burst stays',
    kill: () => checkLastValue(() => new BuggyDebounce('loses the update')),
    spare: () => checkLastValue(debounce),
  },
  {
    property: 'P11',
    name: 'leading under the label trailing',
    kill: () => checkLastValue(make(SHAPERS.debounce, { mode: 'leading' })),
    spare: () => checkLastValue(make(SHAPERS.debounce, { mode: 'trailing' })),
  },
  {
    property: 'P23',
    name: 'debounce in map order',
    kill: () => checkResumable(() => new BuggyDebounce('map order')),
    spare: () => checkResumable(patient),
  },
  {
    property: 'P2',
    name: 'unbounded map',
    kill: () => checkBound(() => new BuggyDebounce('unbounded map'), 8),
    spare: () => checkBound(make(SHAPERS.debounce, FEW_KEYS), 8),
  },
  {
    property: 'P24',
    name: 'reopened dedupe window',
    kill: () => checkOncePerWindow(() => new ReopenedDedupe(60e9), 60_000),
    spare: () => checkOncePerWindow(make(SHAPERS.dedupe), 60_000),
  },
  {
    property: 'P25',
    name: 'departure interval rounded to nanoseconds',
    kill: () => checkDepartures(() => new DriftingPace(Math.round(1e9 / RATE)), RATE),
    spare: () => checkDepartures(makePace(RATE), RATE),
  },
  {
    property: 'P25',
    name: 'float drift: departures added up from when they were',
    kill: () => checkDepartures(() => new DriftingPace(1e9 / RATE), RATE),
    spare: () => checkDepartures(makePace(RATE), RATE),
  },
  {
    property: 'specimen',
    name: 'as-written/ironstar-debounce: ids out of order (P23)',
    kill: () => checkResumable(make(SHAPERS['as-written/ironstar-debounce'])),
    spare: () => checkResumable(patient),
  },
  {
    property: 'specimen',
    name: 'as-written/ironstar-debounce: no bound on keys (P2)',
    kill: () => checkBound(make(SHAPERS['as-written/ironstar-debounce']), 8),
    spare: () => checkBound(make(SHAPERS.debounce, FEW_KEYS), 8),
  },
  {
    property: 'specimen',
    name: 'as-written/ironstar-debounce: no longest wait',
    kill: () => checkWait(make(SHAPERS['as-written/ironstar-debounce']), 2000),
    spare: () => checkWait(debounce, 2000),
  },
  {
    property: 'specimen',
    name: 'as-written/ironstar-batch: sleeps until the keep-alive (P15)',
    kill: () => checkWait(make(SHAPERS['as-written/ironstar-batch']), 100),
    spare: () => checkWait(make(SHAPERS.batch, { windowMs: 100 }), 100),
  },
  {
    property: 'specimen',
    name: 'as-written/ironstar-batch: no bound on its size (P2)',
    kill: () => checkBound(make(SHAPERS['as-written/ironstar-batch']), 64),
    spare: () => checkBound(make(SHAPERS.batch, { windowMs: 100 }), 64),
  },
  {
    property: 'specimen',
    name: 'as-written/shadowcat-evict-untimed: duplicates return (P24)',
    kill: () => checkOncePerWindow(make(SHAPERS['as-written/shadowcat-evict-untimed']), 60_000),
    spare: () => checkOncePerWindow(make(SHAPERS.dedupe), 60_000),
  },
] satisfies Mutant[];
