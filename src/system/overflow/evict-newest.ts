import type { OverflowPolicy } from './policy.ts';

/**
 * Keeps the beginning and the very latest: when the queue is full, the youngest queued item gives its place
 * to the arriving one.
 *
 * When to use: the history counts, and so does the state now; what lies between may go.
 * Gotchas: the name is a trap, see `namingTrap`: others call this drop-newest.
 */
export default {
  name: 'evict-newest',
  stage: 'overflow',
  aliases: ['drop-newest-queued'],
  summary: 'evict the youngest queued item, accept the new one',
  onFull: (queue) => queue.newest ?? 'drop-incoming',
  effects: { drops: true },
  reasons: ['overflow.evict-newest'],
  params: [],
  details: {
    rule: 'The youngest queued item is evicted, as often as both bounds need, and the arriving item is appended.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: the youngest queued items; the first B − 1 and the very latest survive',
    ],
    prediction: 'loss 1 − μ/λ, as drop-newest and drop-oldest; age of the delivered about (B − 1)/μ + 1/λ',
    bestFor: 'history together with the last state',
    alsoCalled: [
      { name: 'DropNewest', where: '.NET' },
      { name: 'DROP_LATEST', where: 'RxJava' },
      { name: 'dropTail', where: 'Akka, which answers "enqueued" and never names the victim' },
    ],
    namingTrap:
      'DropNewest evicts the youngest queued item in .NET, but discards the arriving one in Vector, ironstar and here. DROP_LATEST does so in RxJava, but discards the arriving item in Kotlin and Reactor. Akka dropTail evicts; the "tail drop" of networks discards what arrives.',
    gotchas: [
      'It delivers almost as old as drop-newest does: only the last place of the queue is fresh.',
      'A queue of one keeps the latest item alone, as drop-oldest does there.',
      'An accepted item may still be lost: an offer answered "queued" is no promise.',
    ],
  },
} satisfies OverflowPolicy as OverflowPolicy;
