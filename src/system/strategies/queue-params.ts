/** What every queue takes, whatever its policy. */
import { DEFAULT_CAPACITY_BYTES, DEFAULT_MAX_WAITERS } from '../channel/channel.ts';
import type { NumberParam } from './definition.ts';

export const QUEUE_PARAMS: readonly NumberParam[] = [
  {
    key: 'capacity',
    name: 'capacityItems',
    unit: 'items',
    min: 1,
    default: null,
    summary: 'items that one queue holds',
  },
  {
    key: 'bytes',
    name: 'capacityBytes',
    unit: 'bytes',
    min: 0,
    default: DEFAULT_CAPACITY_BYTES,
    summary: 'bytes that one queue holds, 64 of overhead per item included; 0 for no such bound',
  },
  {
    key: 'maxWaiters',
    name: 'maxWaiters',
    unit: 'offers',
    min: 0,
    default: DEFAULT_MAX_WAITERS,
    summary: 'offers that may wait for room at a time, where the policy lets any wait',
  },
];
