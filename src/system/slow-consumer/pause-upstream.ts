import { backlogBytes } from './backlog.ts';
import type { ConsumerVerdict, ConsumerView, SlowConsumerDefinition, SlowConsumerRule } from './rule.ts';

class Pause implements SlowConsumerRule {
  readonly wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly highBytes: number;
  private readonly lowBytes: number;
  private isPaused = false;

  constructor(highBytes: number, lowBytes: number) {
    this.highBytes = highBytes;
    this.lowBytes = lowBytes;
  }

  observe(consumer: ConsumerView): ConsumerVerdict {
    const bytes = backlogBytes(consumer);
    this.isPaused = this.isPaused ? bytes > this.lowBytes : bytes >= this.highBytes;
    return this.isPaused ? 'pause' : 'ok';
  }
}

export default {
  name: 'pause-upstream',
  stage: 'slow-consumer',
  summary: 'stop the producers of a consumer with a large backlog until it is small',
  reasons: [],
  effects: { holdsProducer: true },
  params: [
    {
      key: 'high',
      name: 'highBytes',
      unit: 'bytes',
      min: 1,
      default: 64 * 1024,
      summary: 'from this backlog on, producers wait',
    },
    {
      key: 'low',
      name: 'lowBytes',
      unit: 'bytes',
      min: 0,
      default: 16 * 1024,
      summary: 'at this backlog they go on',
    },
  ],
  findProblem: ({ highBytes, lowBytes }) =>
    Number(lowBytes) < Number(highBytes)
      ? undefined
      : `low must be below high, got low=${lowBytes}, high=${highBytes}`,
  create: (params) => new Pause(Number(params['highBytes']), Number(params['lowBytes'])),
  details: {
    rule: 'From high bytes on (waiting, queued and in flight) each offer is taken in and its producer waits, until the backlog is at or below low; then all go on.',
    guarantees: [
      'order: as without it',
      'loss: none by itself; a producer that does not wait is not stopped',
    ],
    prediction: 'blocked share 1 − μ/λ; the backlog swings between low and high plus what is under way',
    bestFor: 'streams that must arrive whole: bodies, tunnels',
    alsoCalled: [
      { name: 'watermarks', where: 'Netty, Envoy, Node’s highWaterMark' },
      { name: 'withheld WINDOW_UPDATE', where: 'HTTP/2' },
    ],
    namingTrap: 'Node’s highWaterMark only advises; here the producer really waits.',
    gotchas: [
      'A publisher that serves many waits for the slowest of them: everybody gets that pace.',
      'The item that reaches high is in already: the bound is high plus one item per producer.',
      'The queue’s own bounds must be larger than high, or its policy acts first.',
    ],
  },
} satisfies SlowConsumerDefinition as SlowConsumerDefinition;
