/** What both rings take. */
import {
  type Channel,
  type ChannelOptions,
  DEFAULT_CAPACITY_BYTES,
  DEFAULT_CAPACITY_ITEMS,
} from '../channel/channel.ts';
import { MAX_RING_ITEMS, type ResumeAt } from '../channel/ring-core.ts';
import type { NumberParam, Params } from '../strategies/definition.ts';
import { RingReader } from './ring-reader.ts';
import { SharedRing } from './shared-ring.ts';

export const RING_PARAMS: readonly NumberParam[] = [
  {
    key: 'capacity',
    name: 'capacityItems',
    unit: 'items',
    min: 1,
    max: MAX_RING_ITEMS,
    default: DEFAULT_CAPACITY_ITEMS,
    summary: 'items that the ring keeps, rounded up to a power of two',
  },
  {
    key: 'bytes',
    name: 'capacityBytes',
    unit: 'bytes',
    min: 0,
    default: DEFAULT_CAPACITY_BYTES,
    summary: 'bytes that the ring keeps, 64 of overhead per item included; 0 for no such bound',
  },
];

export function createSharedRing(params: Params, isGated: boolean): SharedRing<unknown> {
  return new SharedRing<unknown>({
    capacityItems: Number(params['capacityItems']),
    capacityBytes: Number(params['capacityBytes']),
    resume: (params['resume'] ?? 'oldest') as ResumeAt,
    isGated,
  });
}

/** One consumer of a ring that `createSharedRing` made. */
export function openReader<T>(ring: unknown, options: ChannelOptions<T>): Channel<T> {
  return new RingReader<T>(ring as SharedRing<T>, options);
}
