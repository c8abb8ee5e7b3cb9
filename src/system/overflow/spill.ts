import type { OverflowPolicy, SpillSettings } from './policy.ts';

const MIB = 1024 ** 2;

const DEFAULTS: SpillSettings = {
  diskBytes: 256 * MIB,
  segmentBytes: 8 * MIB,
  fsync: 'never',
  onDiskFull: 'block',
};

/**
 * Trades memory for disk: what does not fit is appended to files, and read back in order as room comes.
 *
 * When to use: nothing may be lost, the producer may not wait, and the overload ends before the disk is full.
 * Details: while anything is on disk every new item goes there, or it would overtake. The queue needs a
 *   folder of its own and a way to write its items as bytes.
 */
function createSpill(spill: SpillSettings): OverflowPolicy {
  return {
    name: 'spill',
    stage: 'overflow',
    summary: 'what does not fit goes to disk and comes back in order',
    onFull: () => 'spill',
    spill,
    effects: {
      serialises: true,
      ...(spill.onDiskFull === 'block' ? { holdsProducer: true } : { drops: true }),
    },
    // A record that cannot be read back is lost, whatever happens when the disk is full.
    reasons: ['disk_full', ...(spill.onDiskFull === 'block' ? ['waiters_full', 'cancelled'] : [])],
    configure: (params) =>
      createSpill({
        diskBytes: Number(params['diskBytes'] ?? spill.diskBytes),
        segmentBytes: Number(params['segmentBytes'] ?? spill.segmentBytes),
        fsync: readFsync(params['fsync']),
        onDiskFull: params['onDiskFull'] === 'drop' ? 'drop' : 'block',
      }),
    findProblem: (params) =>
      Number(params['segmentBytes']) > Number(params['diskBytes'])
        ? 'segmentBytes must not be above diskBytes, or no segment is ever full'
        : undefined,
    params: [
      {
        key: 'diskBytes',
        name: 'diskBytes',
        unit: 'bytes',
        min: 1,
        default: DEFAULTS.diskBytes,
        summary: 'bytes that one queue may have on disk',
      },
      {
        key: 'segmentBytes',
        name: 'segmentBytes',
        unit: 'bytes',
        min: 1,
        default: DEFAULTS.segmentBytes,
        summary: 'size of one file; a file is deleted when all of it has been read',
      },
      {
        key: 'fsync',
        name: 'fsync',
        choices: ['never', 'interval', 'always'],
        default: DEFAULTS.fsync,
        summary: 'when a write is forced to the device: never, each 100 ms, or each time',
      },
      {
        key: 'onDiskFull',
        name: 'onDiskFull',
        choices: ['block', 'drop'],
        default: DEFAULTS.onDiskFull,
        summary: 'when the disk takes no more: the producer waits, or the item is dropped',
      },
    ],
    details: {
      rule: 'What does not fit in memory is appended to a file. While anything is on disk every new item goes there. A take makes room in memory, which is filled from disk in order.',
      guarantees: [
        'order: delivered as offered, across memory and disk',
        'loss: none until the disk is full; with onDiskFull=drop, arriving items from then on, as disk_full',
        'after a crash, with fsync=always: every record up to the first damaged one comes back; what was in memory is lost',
      ],
      prediction:
        'the disk fills at (λ − μ) · item size and lasts diskBytes / that; afterwards the backlog drains in N/(μ − λ); age of the delivered is the backlog / μ',
      bestFor: 'recorders and audit trails with bursts longer than memory',
      alsoCalled: [
        { name: 'overflow', where: 'Vector, memory buffer chained to a disk buffer' },
        { name: 'paging', where: 'RabbitMQ, ActiveMQ cursors' },
      ],
      namingTrap: null,
      gotchas: [
        'Nothing is lost, but everything is late: the backlog on disk has to be delivered before anything new.',
        'Reading and writing stop the event loop: some ten microseconds an item each way, with fsync=always as long as the device takes, a millisecond or more.',
        'After a crash the records of the file that was being read come back from its beginning: some twice.',
        'A record that cannot be read back counts as disk_full too, and nobody can be told which item it was.',
        'Throwing the backlog away reads all of it first, so that the end of every item is told.',
        'The items are on disk as they are: private data is too.',
      ],
    },
  };
}

function readFsync(value: number | string | undefined): SpillSettings['fsync'] {
  return value === 'interval' || value === 'always' ? value : 'never';
}

export default createSpill(DEFAULTS);
