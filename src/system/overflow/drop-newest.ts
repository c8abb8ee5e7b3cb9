import type { OverflowPolicy } from './policy.ts';

/**
 * Keeps what is queued: when the queue is full, the arriving item is dropped.
 *
 * When to use: the first of many like triggers counts, or the sender is told and may try again.
 * Details: what was accepted is never evicted.
 * Gotchas: under lasting overload everything delivered has waited through the whole queue, about B/μ: the
 *   stalest of all policies. The name is a trap, see `namingTrap`.
 */
export default {
  name: 'drop-newest',
  stage: 'overflow',
  aliases: ['drop-incoming'],
  summary: 'drop the arriving item, keep what is queued',
  onFull: () => 'drop-incoming',
  effects: { drops: true },
  reasons: ['overflow.drop-newest'],
  params: [],
  details: {
    rule: 'The arriving item is dropped; the queue stays as it is.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: only arriving items; an accepted one is never evicted',
    ],
    prediction: 'loss 1 − μ/λ; age of the delivered about B/μ, the stalest',
    bestFor: 'idempotent triggers, senders that hear the refusal',
    alsoCalled: [
      { name: 'DropNewest', where: 'ironstar' },
      { name: 'drop_newest', where: 'Vector' },
      { name: 'DropWrite', where: '.NET, where TryWrite returns true for the dropped item' },
      { name: 'DROP_LATEST', where: 'Kotlin, Reactor' },
      { name: 'onBackpressureDrop', where: 'Rx' },
      { name: 'dropNew', where: 'Akka' },
      { name: 'dropping', where: 'Effect' },
      { name: 'dropping-buffer', where: 'core.async' },
      { name: ':first', where: 'GenStage' },
      { name: 'reject-publish', where: 'RabbitMQ' },
      { name: 'tail drop', where: 'networks' },
      { name: 'try_send', where: 'websocket, which sees the error; ironstar, which ignores it' },
    ],
    namingTrap:
      'DROP_LATEST discards the arriving item in Kotlin and Reactor, but evicts the youngest queued one in RxJava. DropNewest evicts the youngest queued one in .NET, but discards the arriving item in Vector, ironstar and here. "Tail drop" discards the arriving item; Akka dropTail evicts the youngest queued one.',
    gotchas: [
      'It loses exactly as much as drop-oldest, and what it delivers is older by B/μ − B/λ.',
      'It keeps a prefix and then has gaps: no policy for an audit trail.',
      'A reply must not be dropped silently: tell the sender or close the connection.',
    ],
  },
} satisfies OverflowPolicy as OverflowPolicy;
