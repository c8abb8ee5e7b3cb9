/** What a queue can ever take. */
import type { StrategySpec } from '../../core/strategy.ts';
import { DEFAULT_CAPACITY_BYTES, DEFAULT_ITEM_OVERHEAD_BYTES } from '../channel/channel.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import { defaultsOf } from './definition.ts';
import { findDefinition } from './registry.ts';

/**
 * Bytes of the largest item that a queue under `spec` takes when it is empty; a larger one is dropped as `too_large`.
 * `Infinity` for a queue without a bound in bytes.
 */
export function largestItemBytes(spec: StrategySpec): number {
  let largest = Number.POSITIVE_INFINITY;
  for (const { stage, name, params } of spec.stages) {
    const definition = findDefinition(name);
    if (definition === undefined || (stage !== 'overflow' && stage !== 'topology')) continue;
    const isOverflow = stage === 'overflow';
    if (isOverflow && (definition as OverflowPolicy).bounded === false) continue;
    const all = { ...defaultsOf(definition), ...params };
    const bytes = Number(all['capacityBytes'] ?? (isOverflow ? DEFAULT_CAPACITY_BYTES : 0));
    if (bytes > 0) largest = Math.min(largest, Math.max(0, bytes - DEFAULT_ITEM_OVERHEAD_BYTES));
  }
  return largest;
}
