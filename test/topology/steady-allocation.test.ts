import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./steady-allocation.child.ts', import.meta.url));

it('rings and relays allocate nothing per item, and a publication costs the same for 1 receiver and for 1000', async () => {
  // Room enough that nothing is collected while it measures: else a collection would hide what was allocated.
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, CHILD]);
  const { bytes, few, many } = JSON.parse(stdout) as {
    bytes: Record<string, number>;
    few: number;
    many: number;
  };
  const { control, ...measured } = bytes;
  // What reading the heap itself costs; one object per hundred rounds would be above 20 KB.
  const noiseBytes = 8192;
  expect(Object.entries(measured).filter(([, least]) => least > noiseBytes)).toEqual([]);
  expect(control).toBeGreaterThan(1_000_000);
  // A thousand receivers looked at would make it hundreds of times as much.
  expect(many).toBeLessThan(few * 20);
}, 120_000);
