import type { OverflowPolicy } from './policy.ts';

/**
 * Keeps the newest: when the queue is full, queued items are evicted from the head until the arriving one
 * fits both bounds.
 *
 * When to use: live values, where a fresh event makes the old one worthless.
 * Details: survivors keep their order. One large item may evict several.
 * Gotchas: the oldest waiting item is about B/λ old under lasting overload (L = λW, J. D. C. Little, 1961); a
 *   larger queue makes delivered data older and does not lower the loss.
 */
export default {
  name: 'drop-oldest',
  stage: 'overflow',
  summary: 'evict the oldest queued item, accept the new one',
  onFull: (queue) => queue.oldest ?? 'drop-incoming',
  effects: { drops: true },
  reasons: ['overflow.drop-oldest'],
  params: [],
  details: {
    rule: 'The head of the queue is evicted, as often as both bounds need, and the arriving item is appended.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: any queued item; the queue is always the last B offers not yet taken',
    ],
    prediction: 'loss 1 − μ/λ; age of the delivered about B/λ',
    bestFor: 'dashboards, telemetry, live values',
    alsoCalled: [
      { name: 'DROP_OLDEST', where: 'Kotlin, Rx, Reactor, .NET' },
      { name: 'dropHead', where: 'Akka' },
      { name: 'sliding', where: 'Effect, core.async' },
      { name: ':last', where: 'GenStage' },
      { name: 'drop-head', where: 'RabbitMQ' },
      { name: 'KEEP_LAST', where: 'DDS' },
      { name: 'consumer_backlog_eviction', where: 'Pulsar' },
      { name: 'LEAK', where: 'Bottleneck, within the lowest priority' },
    ],
    namingTrap: null,
    gotchas: [
      'It loses exactly as much as drop-newest: only which items differs, and so how old the delivered ones are.',
      'An accepted item may still be lost: an offer answered "queued" is no promise.',
      'Readers that resume by the last id they saw need a record of the gap.',
    ],
  },
} satisfies OverflowPolicy as OverflowPolicy;
