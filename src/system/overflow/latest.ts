import type { OverflowPolicy } from './policy.ts';

/**
 * One place: an arriving item takes that of the one that waits there.
 *
 * When to use: only the present value means anything: cursors, progress, gauges.
 */
export default {
  name: 'latest',
  stage: 'overflow',
  summary: 'one place, the newest item takes it',
  fixedCapacityItems: 1,
  onFull: (queue) => queue.oldest ?? 'drop-incoming',
  effects: { drops: true },
  reasons: ['overflow.latest'],
  params: [],
  details: {
    rule: 'The queue has one place. The item that waits there is evicted and the arriving one takes it.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: everything but the last value, which is always delivered',
    ],
    prediction:
      'mean age of information 1/λ + 2/μ + λ/(λ+μ)² + 1/(λ+μ) − 2(λ+μ)/(λ²+λμ+μ²) (random arrivals and service); above λ ≈ 1.62 μ no buffer at all is fresher',
    bestFor: 'cursors, progress, gauges',
    alsoCalled: [
      { name: 'LATEST', where: 'Rx' },
      { name: 'CONFLATED', where: 'Kotlin' },
      { name: 'watch', where: 'tokio, which also keeps the value after it was read' },
      { name: 'ZMQ_CONFLATE', where: 'ZeroMQ' },
    ],
    namingTrap:
      'DROP_LATEST sounds like it and is another thing: it discards the arriving item in Kotlin and Reactor, and evicts the youngest queued one in RxJava.',
    gotchas: [
      'capacity is always 1: another value is refused.',
      'It knows no keys: two values about different things overwrite each other. coalesce keeps one for each key.',
      'The value is gone once it is taken: who comes later sees nothing until the next one.',
    ],
  },
} satisfies OverflowPolicy as OverflowPolicy;
