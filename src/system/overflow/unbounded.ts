import type { OverflowPolicy } from './policy.ts';

export const DEFAULT_GUARD_BYTES = 512 * 1024 ** 2;

/**
 * Never refuses: the queue grows as long as memory lasts. A negative control, not a choice.
 *
 * Details: the capacity only marks where pressure begins to be counted.
 * Gotchas: above `guardBytes` an arriving item is dropped as `oom_guard`, so that a run ends in a report and
 *   not in a dead machine. A ledger with that reason is flagged by it: the queue was about to take the host.
 */
function createUnbounded(guardBytes: number): OverflowPolicy {
  return {
    name: 'unbounded',
    stage: 'overflow',
    summary: 'append without a bound; memory grows until a guard',
    bounded: false,
    guardBytes,
    incomingReason: 'oom_guard',
    effects: {},
    reasons: ['oom_guard'],
    onFull: (queue, incoming) => (queue.bytes + incoming.cost > guardBytes ? 'drop-incoming' : 'accept'),
    configure: (params) => createUnbounded(Number(params['guardBytes'] ?? guardBytes)),
    params: [
      {
        key: 'guardBytes',
        name: 'guardBytes',
        unit: 'bytes',
        min: 1,
        default: DEFAULT_GUARD_BYTES,
        summary: 'queued bytes above which arriving items are dropped as oom_guard',
      },
    ],
    details: {
      rule: 'The arriving item is appended. Above guardBytes it is dropped as oom_guard.',
      guarantees: ['order: delivered as offered', 'loss: none below the guard'],
      prediction:
        'the queue grows by λ − μ items per second; the age of the delivered at time t is t(1 − μ/λ)',
      bestFor: 'a negative control',
      alsoCalled: [
        { name: 'BUFFER', where: 'Rx' },
        { name: 'unbounded_channel', where: 'tokio' },
        { name: 'Writable.write()', where: 'Node, after it returned false' },
        { name: 'ws.send', where: 'Node' },
      ],
      namingTrap: null,
      gotchas: [
        'Nothing is lost until everything is: the process dies with the whole queue.',
        'After the overload it goes on delivering old data until the queue is empty.',
        'capacity and bytes only mark where pressure begins to be counted.',
      ],
    },
  };
}

export default createUnbounded(DEFAULT_GUARD_BYTES);
