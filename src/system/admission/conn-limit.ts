import type { Admission, AdmissionDefinition } from './admission.ts';

/** Counting and checking are one step, when a queue is opened: no burst of consumers slips through. */
class ConnectionLimit implements Admission {
  private readonly limitQueues: number;
  private openQueues = 0;

  constructor(limitQueues: number) {
    this.limitQueues = limitQueues;
  }

  get level(): number {
    return this.openQueues;
  }

  onOpen(): string | undefined {
    if (this.openQueues >= this.limitQueues) return 'admission.concurrency';
    this.openQueues++;
    return undefined;
  }

  onLeave(): void {
    this.openQueues--;
  }

  admit(): undefined {
    return undefined;
  }
}

export default {
  name: 'conn-limit',
  stage: 'admission',
  scope: 'boundary',
  summary: 'serve a fixed number of consumers, send the next ones away',
  reasons: ['admission.concurrency'],
  effects: { drops: true, disconnects: true },
  params: [
    {
      key: 'limit',
      name: 'limitQueues',
      unit: 'count',
      min: 1,
      default: 1000,
      summary: 'consumers that a boundary serves at a time',
    },
  ],
  create: (params) => new ConnectionLimit(Number(params['limitQueues'])),
  details: {
    rule: 'A consumer whose queue is opened while limit others are open is refused: its connection is ended, and what is offered to it until then is dropped as admission.concurrency.',
    guarantees: [
      'order: as without it',
      'loss: nothing for the consumers that are in; everything for the refused ones',
    ],
    prediction:
      'consumers that are in = min(limit, those that come); with λ arrivals and stays of 1/μ, the refused share is Erlang B',
    bestFor: 'a cost per connection that is known: memory, descriptors, fan-out',
    alsoCalled: [
      { name: 'AdmissionController', where: 'shadowcat' },
      { name: 'max_connections', where: 'PostgreSQL, NATS' },
      { name: 'maxconn', where: 'HAProxy, which lets the next ones wait' },
    ],
    namingTrap: null,
    gotchas: [
      'A refused client that reconnects at once costs a handshake each time: make it wait, with jitter.',
      'A place is free again when everything in a closed queue has ended, unfinished writes included.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
