import type { Admission, AdmissionDefinition, EntryView, LoadView } from './admission.ts';

/**
 * One budget for all queues of a boundary. Checking and taking are one step, before the item is kept
 * anywhere, so the sum never passes the budget.
 */
class MemoryReserve implements Admission {
  private readonly totalBytes: number;
  private readonly queueBytes: number;
  private reservedBytes = 0;

  constructor(totalBytes: number, queueBytes: number) {
    this.totalBytes = totalBytes;
    this.queueBytes = queueBytes;
  }

  /** Bytes reserved by all queues together. */
  get level(): number {
    return this.reservedBytes;
  }

  admit({ cost }: EntryView, load: LoadView): string | undefined {
    if (this.reservedBytes + cost > this.totalBytes) return 'admission.memory';
    if (load.pendingBytes + cost > this.queueBytes) return 'admission.memory';
    this.reservedBytes += cost;
    return undefined;
  }

  onWithdraw({ cost }: EntryView): void {
    this.reservedBytes -= cost;
  }

  onResize({ cost }: EntryView, beforeBytes: number): void {
    this.reservedBytes += cost - beforeBytes;
  }

  onEnd({ cost }: EntryView): void {
    this.reservedBytes -= cost;
  }
}

export default {
  name: 'mem-reserve',
  stage: 'admission',
  scope: 'boundary',
  summary: 'reserve the bytes of an item before it is kept, from one budget for all queues',
  reasons: ['admission.memory'],
  effects: { drops: true },
  params: [
    {
      key: 'total',
      name: 'totalBytes',
      unit: 'bytes',
      min: 1,
      default: 64 * 1024 ** 2,
      summary: 'bytes that all queues of the boundary hold together, overhead included',
    },
    {
      key: 'perQueue',
      name: 'queueBytes',
      unit: 'bytes',
      min: 1,
      default: 1024 ** 2,
      summary: 'bytes of those that one queue may hold',
    },
  ],
  create: (params) => new MemoryReserve(Number(params['totalBytes']), Number(params['queueBytes'])),
  details: {
    rule: 'An item is admitted if its bytes still fit the total and the share of its queue; they are reserved at once and given back when it ends. Else it is refused as admission.memory.',
    guarantees: [
      'order: as without it',
      'loss: arriving items alone; what waits, is queued and in flight never passes the total',
    ],
    prediction: 'items that fit: ⌊total/cost⌋ in all, ⌊perQueue/cost⌋ per queue',
    bestFor: 'many queues in one process: bounds on items alone multiply with size and connections',
    alsoCalled: [
      { name: 'ResourceManager', where: 'shadowcat' },
      { name: 'overload manager', where: 'Envoy, on the heap' },
      { name: 'maxmemory-clients', where: 'Redis' },
    ],
    namingTrap: null,
    gotchas: [
      'It counts what the queues know: buffers of the kernel and of the runtime come on top.',
      'Items that grow by merging may pass the budget: their growth is counted, but nobody can be refused.',
      'First come, first served: a few fat queues can take it all, up to perQueue each.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
