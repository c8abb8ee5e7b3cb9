/** Whether two hosts may be taken for the same: what does not change from run to run, and decides how fast things are. */
import type { Environment } from '../core/record.ts';
import { hashOf } from './plan-hash.ts';

const GIB = 1024 ** 3;

/** The stable keys. Memory in whole GiB: kernels take different crumbs of the same memory for themselves. */
function stableKeys(environment: Environment): Record<string, string | number> {
  const { os, kernel, cpuModel, cores, memoryBytes, nodeVersion } = environment;
  return { os, kernel, cpuModel, cores, memoryGiB: Math.round(memoryBytes / GIB), nodeVersion };
}

export function fingerprintOf(environment: Environment): string {
  return hashOf(stableKeys(environment));
}

/** `cores: 8 → 2`, one line for each stable key that differs. */
export function describeEnvironmentDifference(a: Environment, b: Environment): string[] {
  const [before, after] = [stableKeys(a), stableKeys(b)];
  return Object.keys(before)
    .filter((key) => before[key] !== after[key])
    .map((key) => `${key}: ${before[key]} → ${after[key]}`);
}
