import { CLASS_NORMAL, CLASS_SHEDDABLE } from '../../channel/entry.ts';
import type { Admission, AdmissionDefinition, EntryView } from '../admission.ts';
import { RUNGS } from '../level-ladder.ts';

const SHEDS_FROM_CLASS = [Number.POSITIVE_INFINITY, CLASS_SHEDDABLE, CLASS_NORMAL, CLASS_NORMAL];

class MemorylessLevels implements Admission {
  private readonly limitItems: number;
  private items = 0;

  constructor(limitItems: number) {
    this.limitItems = limitItems;
  }

  get level(): number {
    const pressure = this.items / this.limitItems;
    let level = 0;
    for (const { enter } of RUNGS) if (pressure >= enter) level++;
    return level;
  }

  admit(entry: EntryView): string | undefined {
    if (entry.class >= (SHEDS_FROM_CLASS[this.level] as number)) return 'admission.level';
    this.items++;
    return undefined;
  }

  onWithdraw(): void {
    this.items--;
  }

  onEnd(): void {
    this.items--;
  }
}

/** Wrong on purpose: shadowcat's sketch of service levels, one threshold each and no memory. */
export default {
  name: 'as-written/shadowcat-levels',
  stage: 'admission',
  scope: 'boundary',
  summary: 'claims graceful degradation, its levels flap at the slightest change of pressure',
  specimen: true,
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
  ],
  create: (params) => new MemorylessLevels(Number(params['limitItems'])),
  details: {
    rule: 'The level is what pressure says at this moment: .70, .85, .95, the same up and down.',
    guarantees: ['order: as without it', 'loss: arriving items alone, the least important first'],
    prediction: 'at a load near a threshold the level changes with every item',
    bestFor: 'showing that the checks notice',
    alsoCalled: [{ name: 'ServiceLevel', where: 'shadowcat, as sketched' }],
    namingTrap: null,
    gotchas: ['Each change switches features off and on again: with ±5 % of load it does so all the time.'],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
