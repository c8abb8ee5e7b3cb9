import type { Admission, AdmissionDefinition } from '../admission.ts';

class GaugeOfTheFastPath implements Admission {
  /** Items under way, as it says. */
  level = 0;
  private readonly limitItems: number;
  private readonly warnItems: number;

  constructor(limitItems: number) {
    this.limitItems = limitItems;
    this.warnItems = limitItems / 2;
  }

  admit(): string | undefined {
    if (this.level >= this.limitItems) return 'admission.concurrency';
    if (this.level < this.warnItems) this.level++;
    return undefined;
  }

  onWithdraw(): void {
    this.level--;
  }

  onEnd(): void {
    this.level--;
  }
}

/** Wrong on purpose: shadowcat's gauge of tasks goes up on the fast path alone, and down on every one. */
export default {
  name: 'as-written/shadowcat-gauge',
  stage: 'admission',
  scope: 'boundary',
  summary: 'claims to count what is under way, forgets what does not take the fast path',
  specimen: true,
  reasons: ['admission.concurrency'],
  effects: { drops: true },
  params: [
    {
      key: 'limit',
      name: 'limitItems',
      unit: 'items',
      min: 1,
      default: 10,
      summary: 'items under way at a time, as it says',
    },
  ],
  create: (params) => new GaugeOfTheFastPath(Number(params['limitItems'])),
  details: {
    rule: 'Below half of the limit an admitted item is counted, above it is not; each end counts one down.',
    guarantees: ['order: as without it', 'loss: none: the gauge never reaches the limit'],
    prediction: 'after a burst of n the gauge shows limit/2 − n once all have ended: below zero',
    bestFor: 'showing that the checks notice',
    alsoCalled: [{ name: 'TaskPool', where: 'shadowcat, as sketched' }],
    namingTrap: null,
    gotchas: ['A gauge below zero is worse than none: the limit it guards has silently grown.'],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
