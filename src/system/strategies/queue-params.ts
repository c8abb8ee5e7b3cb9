/** What every queue takes, whatever its policy. */
import { DEFAULT_CAPACITY_BYTES, DEFAULT_MAX_WAITERS } from '../channel/channel.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import type { Definition, NumberParam, Param } from './definition.ts';

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

/** What a part takes: an overflow policy also what every queue takes, unless it has its own of that name. */
export function paramsOf(definition: Definition): readonly Param[] {
  if (definition.stage !== 'overflow') return definition.params;
  const { params, fixedCapacityItems: fixed } = definition as OverflowPolicy;
  const own = new Set(params.map((param) => param.name));
  const shared = QUEUE_PARAMS.filter((param) => !own.has(param.name)).map((param) =>
    param.name === 'capacityItems' && fixed !== undefined
      ? { ...param, min: fixed, max: fixed, default: fixed }
      : param,
  );
  return [...shared, ...params];
}
