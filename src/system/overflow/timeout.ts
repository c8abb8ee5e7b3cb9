import type { OverflowPolicy } from './policy.ts';

type Fallback = 'drop-newest' | 'drop-oldest' | 'fail';

/**
 * Waits like block, but not for ever: at the deadline the fallback decides.
 *
 * When to use: a producer can be held for a moment, and must get on after that.
 */
function createTimeout(deadlineMs: number, fallback: Fallback): OverflowPolicy {
  return {
    name: 'timeout',
    stage: 'overflow',
    summary: 'the producer waits for room, up to a deadline',
    onFull: () => 'wait',
    waitLimitMs: deadlineMs,
    onWaitOver: (queue) => {
      if (fallback === 'drop-oldest') return queue.oldest ?? 'drop-incoming';
      return fallback === 'fail' ? 'break' : 'drop-incoming';
    },
    incomingReason: 'block_timeout',
    victimReason: 'overflow.drop-oldest',
    effects: { drops: true, holdsProducer: true, ...(fallback === 'fail' ? { disconnects: true } : {}) },
    reasons: ['waiters_full', 'cancelled', ...FALLBACK_REASONS[fallback]],
    configure: (params) =>
      createTimeout(Number(params['deadlineMs'] ?? deadlineMs), readFallback(params['fallback'])),
    params: [
      {
        key: 'deadline',
        name: 'deadlineMs',
        unit: 'ms',
        min: 0.001,
        default: DEFAULT_DEADLINE_MS,
        summary: 'longest that an offer waits for room',
      },
      {
        key: 'fallback',
        name: 'fallback',
        choices: ['drop-newest', 'drop-oldest', 'fail'],
        default: 'drop-newest',
        summary: 'at the deadline: drop the late item, evict for it, or close with an error',
      },
    ],
    details: {
      rule: 'The offer waits in order of arrival, as under block. At the deadline it is dropped as block_timeout, or the oldest queued items are evicted until it fits (drop-oldest), or it is dropped and the channel closes (fail).',
      guarantees: [
        'order: what is delivered keeps the order of its offers',
        'loss: what has waited until the deadline, or what was evicted for it',
        'no producer waits longer than the deadline',
      ],
      prediction:
        'blocked ≤ deadline per offer; wait in the queue ≤ B/μ; loss as drop-newest once producers outnumber the room',
      bestFor: 'bounded coupling: a short stall is absorbed, a long one does not spread',
      alsoCalled: [
        { name: 'RELIABLE + KEEP_ALL', where: 'DDS, max_blocking_time 100 ms' },
        { name: 'send with timeout', where: 'shadowcat, 100 ms' },
        { name: 'offer(e, timeout)', where: 'Java BlockingQueue' },
      ],
      namingTrap: null,
      gotchas: [
        'Time spent waiting counts into the age of the item: add the deadline to the age that you can bear.',
        'A deadline above that of the caller helps nobody: the caller has gone by then.',
        'Many producers waiting at once all time out together: give the deadline, not maxWaiters, to what you measure.',
      ],
    },
  };
}

const DEFAULT_DEADLINE_MS = 100;

const FALLBACK_REASONS: Record<Fallback, readonly string[]> = {
  'drop-newest': ['block_timeout'],
  'drop-oldest': ['overflow.drop-oldest'],
  fail: ['block_timeout', 'closed'],
};

function readFallback(value: number | string | undefined): Fallback {
  return value === 'drop-oldest' || value === 'fail' ? value : 'drop-newest';
}

export default createTimeout(DEFAULT_DEADLINE_MS, 'drop-newest');
