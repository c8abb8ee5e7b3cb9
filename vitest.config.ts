import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** All that tests and their processes write goes with the tests, also what those that are killed leave behind. */
const folder = mkdtempSync(join(tmpdir(), 'bpb-'));
process.once('exit', () => {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // A file system is still mounted there.
  }
});
const env = {
  TMPDIR: folder,
  /** The tests start some thousand processes of the same few programs. */
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
};
/** Tests that start whole runs with processes of their own: they measure, so nothing else may run meanwhile. */
const MEASURING = ['test/e2e/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'parts',
          env,
          include: ['test/**/*.test.ts'],
          exclude: [...MEASURING, '**/node_modules/**'],
          // Only what hangs takes so long: a slow machine is no error.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          env,
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
