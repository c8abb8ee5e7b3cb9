import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./steady-allocation.child.ts', import.meta.url));
const ROUNDS = 20_000;
/** What reading the heap and compiling cost; one number in each round would be 320 KB. */
const NOISE_BYTES = 25_000;

/** Each list in a process of its own. */
const ALLOCATES_NOTHING: readonly (readonly string[])[] = [
  ['block', 'drop-oldest', 'drop-newest', 'evict-newest', 'evict-all', 'latest', 'unbounded'],
  ['evict-lowest-priority', 'reserve'],
];

/**
 * Stages are told the time. As an argument of a call that the compiler does not inline that is a number of 16
 * bytes: mostly none where a process follows one strategy, a few among as many as here.
 */
const A_NUMBER = [
  'ttl',
  'codel',
  'codel-service',
  'strict-priority',
  'priority+aging',
  'debounce',
  'token-bucket',
  'concurrency-static',
];

/** Tables by key or flow, rebuilt as keys come and go; nothing where their queues do not empty. */
const A_TABLE = ['coalesce', 'merge', 'evict-longest', 'drr', 'fq-codel'];

async function measure(names: readonly string[]): Promise<Record<string, number>> {
  // On one thread the compiler is done when it is done, and not when the machine finds time for it.
  const flags = ['--expose-gc', '--single-threaded'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, CHILD, ...names]);
  return JSON.parse(stdout) as Record<string, number>;
}

describe('steady rounds of offer and take, and of overload', () => {
  it.each(ALLOCATES_NOTHING)('allocate nothing: %s', async (...names) => {
    const { 'control: one object per twenty rounds': control, ...measured } = await measure(names);
    expect(Object.entries(measured).filter(([, bytes]) => bytes > NOISE_BYTES)).toEqual([]);
    expect(Object.keys(measured).length).toBeGreaterThanOrEqual(names.length);
    expect(control).toBeGreaterThan(2 * NOISE_BYTES);
  });

  it.each([
    [A_NUMBER, 96],
    [A_TABLE, 600],
  ])('allocate little: %s at most %i bytes a round', async (names, mostBytes) => {
    const { 'control: one object per twenty rounds': _, ...measured } = await measure(names);
    expect(Object.entries(measured).filter(([, bytes]) => bytes > mostBytes * ROUNDS)).toEqual([]);
  });
}, 120_000);
