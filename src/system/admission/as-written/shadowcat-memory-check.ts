import type { Admission, AdmissionDefinition, EntryView } from '../admission.ts';

class CheckWithoutReserve implements Admission {
  private readonly totalBytes: number;
  private readonly usedBytes = 0;

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  admit({ cost }: EntryView): string | undefined {
    return this.usedBytes + cost <= this.totalBytes ? undefined : 'admission.memory';
  }
}

/** Wrong on purpose: shadowcat's sketch of a memory cap asks whether there is room and reserves none. */
export default {
  name: 'as-written/shadowcat-memory-check',
  stage: 'admission',
  scope: 'boundary',
  summary: 'claims to cap memory, checks for room and never reserves it',
  specimen: true,
  reasons: ['admission.memory'],
  effects: { drops: true },
  params: [
    {
      key: 'total',
      name: 'totalBytes',
      unit: 'bytes',
      min: 1,
      default: 64 * 1024 ** 2,
      summary: 'bytes that all queues hold together, as it says',
    },
  ],
  create: (params) => new CheckWithoutReserve(Number(params['totalBytes'])),
  details: {
    rule: 'An item is admitted if it alone fits the total: what others hold is not counted.',
    guarantees: ['order: as without it', 'loss: single items above the total; no cap on the sum'],
    prediction: 'memory grows with queues · capacity, whatever the total',
    bestFor: 'showing that the checks notice',
    alsoCalled: [{ name: 'ResourceManager', where: 'shadowcat, as sketched' }],
    namingTrap: null,
    gotchas: ['Each single answer looks right; only the sum shows what is wrong.'],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
