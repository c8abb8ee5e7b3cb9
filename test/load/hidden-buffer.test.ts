import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { measureHiddenBuffers } from '../../src/load/hidden-buffer.ts';

// A folder of its own: other workers measure at the same time.
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpbench-test-'));
  vi.stubEnv('TMPDIR', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('hidden buffers: measures TCP and Unix sockets, in whole writes, and leaves no socket file', async () => {
  const measured = await measureHiddenBuffers(1044);
  expect(measured.map(({ via, writeBytes }) => [via, writeBytes])).toEqual([
    ['tcp', 4096],
    ['unix', 1044],
  ]);
  for (const { hiddenBytes, writeBytes } of measured) {
    expect(hiddenBytes).toBeGreaterThan(8 * writeBytes);
    expect(hiddenBytes).toBeLessThan(64 * 1024 * 1024);
    expect(hiddenBytes % writeBytes).toBe(0);
  }
  expect(readdirSync(folder)).toEqual([]);
});

it('hidden buffers: an event of a megabyte is written in pieces of 16 KiB', async () => {
  const measured = await measureHiddenBuffers(1_000_020);
  expect(measured.map(({ writeBytes }) => writeBytes)).toEqual([16_384, 16_384]);
  for (const { hiddenBytes } of measured) expect(hiddenBytes).toBeGreaterThan(0);
});
