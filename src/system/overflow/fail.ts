import type { OverflowPolicy } from './policy.ts';

/**
 * Ends the stream rather than leave a gap in it: when the queue is full, the arriving item is dropped and
 * the channel closes with an overflow error.
 *
 * When to use: bytes and replies where a gap is worse than an end that the other side sees.
 */
function createFail(drainBeforeFail: boolean): OverflowPolicy {
  return {
    name: 'fail',
    stage: 'overflow',
    summary: 'close with an overflow error: no gap, an end',
    onFull: () => 'break',
    drainBeforeFail,
    effects: { drops: true, disconnects: true },
    reasons: ['overflow.fail', 'closed'],
    configure: (params) => createFail(params['drainBeforeFail'] === 'true'),
    params: [
      {
        key: 'drainBeforeFail',
        name: 'drainBeforeFail',
        choices: ['false', 'true'],
        default: 'false',
        summary: 'true: what is queued is still delivered before the end',
      },
    ],
    details: {
      rule: 'The arriving item is dropped and the channel closes. What is queued is failed as closed, or still delivered with drainBeforeFail. Later offers are failed as closed.',
      guarantees: [
        'order: delivered as offered, an exact beginning of the stream without a gap',
        'loss: everything from the first overflow on, and without drainBeforeFail what was queued',
      ],
      prediction: 'under lasting overload the end comes after about B/(λ − μ)',
      bestFor: 'replies, CONNECT tunnels, anything that a gap would corrupt',
      alsoCalled: [
        {
          name: 'ERROR',
          where: 'Rx, which clears the buffer; Reactor, which drains first if a handler is set',
        },
        { name: 'fail', where: 'Akka' },
        { name: 'AbortPolicy', where: 'Java' },
        { name: 'producer_exception', where: 'Pulsar' },
      ],
      namingTrap:
        'shadowcat says "applying backpressure" for this; nothing is slowed down by it, the stream is ended.',
      gotchas: [
        'One burst above the capacity ends a healthy stream: the capacity must hold the largest burst.',
        'Clients that reconnect at once turn one overflow into a storm: let them wait a random while.',
      ],
    },
  };
}

export default createFail(false);
