import type { Admission, AdmissionDefinition, LoadView } from './admission.ts';

/**
 * A fixed number of permits. Which are taken is read from the queue itself and never counted beside it, so
 * none can get lost, whatever happens to an item.
 */
class StaticLimit implements Admission {
  readonly level: number;

  constructor(limitItems: number) {
    this.level = limitItems;
  }

  admit(_entry: unknown, load: LoadView): string | undefined {
    return load.pendingItems < this.level ? undefined : 'admission.concurrency';
  }
}

export default {
  name: 'concurrency-static',
  stage: 'admission',
  summary: 'admit while fewer than a fixed number of items are under way',
  reasons: ['admission.concurrency'],
  effects: { drops: true },
  params: [
    {
      key: 'limit',
      name: 'limitItems',
      unit: 'items',
      min: 1,
      default: 64,
      summary: 'items under way at a time: waiting, queued and in flight',
    },
  ],
  create: (params) => new StaticLimit(Number(params['limitItems'])),
  details: {
    rule: 'An item is admitted while fewer than limit items are under way, from offer to end; else it is refused as admission.concurrency.',
    guarantees: ['order: as without it', 'loss: arriving items alone; never more than limit items under way'],
    prediction:
      'where limit items are served at once and none waits, the refused share is Erlang B: B(0) = 1, B(k) = a·B(k−1)/(k + a·B(k−1)), a = λ/μ; it does not depend on how service times vary',
    bestFor: 'a consumer with a known number of workers or connections',
    alsoCalled: [
      { name: 'bulkhead', where: 'resilience4j, Hystrix' },
      { name: 'FixedLimit', where: 'Netflix concurrency-limits' },
      { name: 'max_connections, max_pending_requests', where: 'Envoy circuit breakers' },
    ],
    namingTrap: 'Envoy calls its fixed limits circuit breakers; what opens and closes is breaker here.',
    gotchas: [
      'The right limit moves with the service time: by Little, limit = throughput · time under way.',
      'Items that a shaper holds are under way too.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
