/** Parameters that several shapers take, and how their values are read. */
import { NS_PER_MS } from '../../core/clock.ts';
import type { NumberParam, Params } from '../strategies/definition.ts';

export const DEFAULT_MAX_KEYS = 10_000;

/** `summary` tells what happens to the key that has to go. */
export function maxKeysParam(summary: string): NumberParam {
  return { key: 'maxKeys', name: 'maxKeys', unit: 'count', min: 1, default: DEFAULT_MAX_KEYS, summary };
}

/** A duration in whole nanoseconds, at least one. */
export function durationNs(params: Params, name: string): number {
  return Math.max(1, Math.round(Number(params[name]) * NS_PER_MS));
}
