import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./steady-allocation.child.ts', import.meta.url));
const ROUNDS = 50_000;
/** What reading the heap and compiling cost; one number in each round would be 800 KB. */
const NOISE_BYTES = 25_000;

/** Each list in a process of its own. */
const ALLOCATES_NOTHING: readonly (readonly string[])[] = [
  ['block', 'drop-oldest', 'drop-newest', 'evict-newest', 'evict-all', 'latest', 'unbounded'],
  ['evict-lowest-priority', 'reserve'],
  ['ttl'],
  ['codel', 'codel-service'],
  ['strict-priority'],
  ['priority+aging', 'concurrency-static'],
];

/** The time of day as an argument of a call that the compiler does not inline: one number, 16 bytes. */
const A_NUMBER = ['debounce', 'token-bucket'];
/** Tables by key or flow, rebuilt as keys come and go; nothing where their queues do not empty. */
const A_TABLE = ['coalesce', 'merge', 'evict-longest', 'drr', 'fq-codel'];

async function measure(names: readonly string[]): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD, ...names]);
  return JSON.parse(stdout) as Record<string, number>;
}

describe('steady rounds of offer and take, and of overload', () => {
  it.each(ALLOCATES_NOTHING)('allocate nothing: %s', async (...names) => {
    const { 'control: one object per twenty rounds': control, ...measured } = await measure(names);
    expect(Object.entries(measured).filter(([, bytes]) => bytes > NOISE_BYTES)).toEqual([]);
    expect(Object.keys(measured).length).toBeGreaterThanOrEqual(names.length);
    expect(control).toBeGreaterThan(3 * NOISE_BYTES);
  });

  it.each([
    [A_NUMBER, 24],
    [A_TABLE, 400],
  ])('allocate little: %s at most %i bytes a round', async (names, mostBytes) => {
    const readings = await Promise.all(names.map((name) => measure([name])));
    const measured = readings.flatMap(({ 'control: one object per twenty rounds': _, ...rest }) =>
      Object.entries(rest),
    );
    expect(measured.filter(([, bytes]) => bytes > mostBytes * ROUNDS)).toEqual([]);
  });
}, 30_000);
