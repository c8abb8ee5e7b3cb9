import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./steady-allocation.child.ts', import.meta.url));

it('steady rounds under any scheduler or queue management allocate nothing', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD]);
  const { 'control: one object each': control, ...measured } = JSON.parse(stdout) as Record<string, number>;
  // What reading the heap itself costs: less than a byte per round.
  const noiseBytes = 8192;
  expect(Object.entries(measured).filter(([, bytes]) => bytes > noiseBytes)).toEqual([]);
  expect(Object.keys(measured).length).toBe(16);
  expect(control).toBeGreaterThan(150_000);
}, 120_000);
