/** A disk that fills up in mid-run costs the files, and never the run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.ts';

/** A file system of 16 KiB, or `null` where this user may not mount one. */
function mountTiny(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return null;
  }
}

const disk = process.platform === 'linux' && process.getuid?.() === 0 ? mountTiny() : null;

describe.skipIf(disk === null)(
  'a full disk (skipped where no small file system can be mounted: needs root on Linux)',
  () => {
    it('is told, ends with 1, and the result is on the screen all the same', async () => {
      const folder = disk as string;
      try {
        const { code, stdout, stderr } = await runCli([
          'run',
          'smoke',
          '-d',
          '2s',
          '--no-progress',
          '--results',
          folder,
        ]);
        expect(code).toBe(1);
        expect(stdout).toMatch(/PASS/);
        expect(stdout).not.toMatch(/record\.json/);
        expect(stderr).toMatch(/ENOSPC/);
        const [run] = readdirSync(folder);
        expect(readdirSync(join(folder, run as string)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      } finally {
        execFileSync('umount', [folder]);
      }
    });
  },
);
