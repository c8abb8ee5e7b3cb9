import { NS_PER_MS } from '../../core/clock.ts';
import { CLASS_CRITICAL, CLASS_NORMAL, CLASS_SHEDDABLE } from '../channel/entry.ts';
import type { Admission, AdmissionDefinition, EntryView, ItemEnd, LoadView } from './admission.ts';
import { LevelLadder } from './level-ladder.ts';

/** Classes from here on are refused, by level: full, degraded, essential, protective. */
const SHEDS_FROM_CLASS = [Number.POSITIVE_INFINITY, CLASS_SHEDDABLE, CLASS_NORMAL, CLASS_NORMAL];
const PROTECTIVE = 3;

class ServiceLevel implements Admission {
  private readonly limitItems: number;
  private readonly limitBytes: number;
  private readonly ladder: LevelLadder;
  private readonly shedsFrom: readonly number[];
  private items = 0;
  private bytes = 0;

  constructor(limitItems: number, limitBytes: number, dwellMs: number, admitsCritical: boolean) {
    this.limitItems = limitItems;
    this.limitBytes = limitBytes;
    this.ladder = new LevelLadder(dwellMs * NS_PER_MS);
    this.shedsFrom = admitsCritical ? SHEDS_FROM_CLASS : SHEDS_FROM_CLASS.with(PROTECTIVE, CLASS_CRITICAL);
  }

  /** 0 full, 1 degraded, 2 essential, 3 protective. */
  get level(): number {
    return this.ladder.level;
  }

  admit(entry: EntryView, _load: LoadView, nowNs: number): string | undefined {
    this.look(nowNs);
    if (entry.class >= (this.shedsFrom[this.ladder.level] as number)) return 'admission.level';
    this.change(1, entry.cost, nowNs);
    return undefined;
  }

  onWithdraw(entry: EntryView, _load: LoadView, nowNs: number): void {
    this.change(-1, -entry.cost, nowNs);
  }

  onResize(entry: EntryView, beforeBytes: number, _load: LoadView, nowNs: number): void {
    this.change(0, entry.cost - beforeBytes, nowNs);
  }

  onEnd(entry: EntryView, _end: ItemEnd, _rttNs: number, _load: LoadView, nowNs: number): void {
    this.change(-1, -entry.cost, nowNs);
  }

  private change(items: number, bytes: number, nowNs: number): void {
    this.items += items;
    this.bytes += bytes;
    this.look(nowNs);
  }

  private look(nowNs: number): void {
    this.ladder.observe(Math.max(this.items / this.limitItems, this.bytes / this.limitBytes), nowNs);
  }
}

export default {
  name: 'service-level',
  stage: 'admission',
  scope: 'boundary',
  summary:
    'four levels of service by pressure: first what may be shed is refused, then all but critical items',
  reasons: ['admission.level'],
  effects: { drops: true, readsClass: true },
  params: [
    {
      key: 'items',
      name: 'limitItems',
      unit: 'items',
      min: 1,
      default: 10_000,
      summary: 'items under way in all queues at which pressure is 1',
    },
    {
      key: 'bytes',
      name: 'limitBytes',
      unit: 'bytes',
      min: 1,
      default: 64 * 1024 ** 2,
      summary: 'bytes under way in all queues at which pressure is 1',
    },
    {
      key: 'dwell',
      name: 'dwellMs',
      unit: 'ms',
      min: 0.001,
      default: 2000,
      summary: 'calm that a level needs before it is left',
    },
    {
      key: 'protective',
      name: 'protectiveAdmits',
      choices: ['critical', 'none'],
      default: 'critical',
      summary: 'what the highest level still admits',
    },
  ],
  create: (params) =>
    new ServiceLevel(
      Number(params['limitItems']),
      Number(params['limitBytes']),
      Number(params['dwellMs']),
      params['protectiveAdmits'] === 'critical',
    ),
  details: {
    rule: 'Pressure = the larger of items/limit and bytes/limit, over all queues of the boundary. Degraded from .70, essential from .85, protective from .95, at once; left again when pressure has been at or below .55, .70, .80 for the whole dwell. Degraded refuses class 2 and above, essential and protective everything but class 0, as admission.level.',
    guarantees: [
      'order: as without it',
      'loss: arriving items alone, the least important first; a level lasts at least the dwell',
    ],
    prediction: 'each level is entered at most once per dwell; more pressure never means a lower level',
    bestFor: 'keeping the important part of a mixed load alive in overload',
    alsoCalled: [
      { name: 'ServiceLevel', where: 'shadowcat' },
      { name: 'brownout, graceful degradation', where: 'operations' },
    ],
    namingTrap: null,
    gotchas: [
      'Where all items have the same class, it is a limit with a gap and nothing more.',
      'With protective=critical the two highest levels refuse the same items: they differ in how long they last.',
      'Critical items are admitted at any pressure then: bound them by the queue or by mem-reserve.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
