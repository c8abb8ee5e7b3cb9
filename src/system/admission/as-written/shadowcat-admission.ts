import type { Admission, AdmissionDefinition } from '../admission.ts';

class CountNeverRaised implements Admission {
  readonly level = 0;
  private readonly limitItems: number;

  constructor(limitItems: number) {
    this.limitItems = limitItems;
  }

  admit(): string | undefined {
    return this.level < this.limitItems ? undefined : 'admission.concurrency';
  }
}

/** Wrong on purpose: shadowcat's sketch of admission reads a count that nothing ever raises. */
export default {
  name: 'as-written/shadowcat-admission',
  stage: 'admission',
  scope: 'boundary',
  summary: 'claims to limit what is under way, never counts it and admits everything',
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
  create: (params) => new CountNeverRaised(Number(params['limitItems'])),
  details: {
    rule: 'The number under way is compared with the limit and never changed, so it stays 0.',
    guarantees: ['order: as without it', 'loss: none, and no limit either'],
    prediction: 'of 1000 offers at once 1000 are admitted, whatever the limit',
    bestFor: 'showing that the checks notice',
    alsoCalled: [{ name: 'AdmissionController', where: 'shadowcat, as sketched' }],
    namingTrap: null,
    gotchas: ['Even with a count it would check first and count later: a burst would slip through between.'],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
