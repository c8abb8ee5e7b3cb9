import type { OverflowPolicy } from './policy.ts';

/**
 * Loses nothing and slows the producer: an offer that does not fit waits in line for room.
 *
 * When to use: bytes and replies that must all arrive, where the producer can be held.
 * Details: a take moves the oldest waiting item in, in the same step; a cancelled offer gives its place to
 *   the next.
 * Gotchas: whoever offers from the loop that also drains waits for itself. Waiting items cost memory beside
 *   the queue: up to maxWaiters of them.
 */
export default {
  name: 'block',
  stage: 'overflow',
  summary: 'the producer waits until there is room',
  onFull: () => 'wait',
  effects: { holdsProducer: true },
  reasons: ['waiters_full', 'cancelled'],
  params: [],
  details: {
    rule: 'The offer waits in order of arrival. A take removes the head and in the same step moves in the oldest waiting item. A cancelled offer is skipped and its place goes to the next. Beyond maxWaiters an offer is dropped as waiters_full.',
    guarantees: [
      'order: delivered as offered',
      'loss: none, but for cancelled offers, shutdown and more than maxWaiters',
    ],
    prediction:
      'wait in the queue ≤ B/μ; producers are held back for a share 1 − μ/λ of what they would send',
    bestFor: 'proxied bytes, RPC bodies, audit trails',
    alsoCalled: [
      { name: 'Block', where: 'ironstar' },
      { name: 'SUSPEND', where: 'Kotlin' },
      { name: 'Wait', where: '.NET, only WriteAsync; TryWrite returns false' },
      { name: 'backpressure', where: 'Akka, Pekko' },
      { name: 'bounded', where: 'Effect' },
      { name: 'send().await', where: 'tokio' },
      { name: 'producer_request_hold', where: 'Pulsar' },
    ],
    namingTrap: null,
    gotchas: [
      'The stall moves upstream: look at what the producer holds while it waits.',
      'One slow consumer of a shared queue governs all producers.',
      'Measured from the sent time it looks fast, because the producer stops sending; measure from the intended time.',
    ],
  },
} satisfies OverflowPolicy as OverflowPolicy;
