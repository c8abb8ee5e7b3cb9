import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./steady-allocation.child.ts', import.meta.url));

it('a million steady rounds of offer and take, or of drops, allocate nothing', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD]);
  const { 'control: one object each': control, ...measured } = JSON.parse(stdout) as Record<string, number>;
  // What reading the heap itself costs; one object per hundred rounds would be above 100 KB.
  const noiseBytes = 8192;
  expect(Object.entries(measured).filter(([, bytes]) => bytes > noiseBytes)).toEqual([]);
  expect(Object.keys(measured).length).toBe(6);
  expect(control).toBeGreaterThan(100_000);
}, 30_000);
