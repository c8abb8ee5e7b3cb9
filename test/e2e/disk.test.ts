/** A disk that fills up in mid-run costs the files, and never the run. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, runCli } from '../helpers/cli.ts';

/** A file system of so many KiB, or `null` where this user may not mount one. */
function mountTiny(sizeKib: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKib}k`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return null;
  }
}

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const disk = isRoot ? mountTiny(16) : null;

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
        expect(stdout).toMatch(/PASS|INVALID/); // the summary of a run, whatever it is worth
        expect(stdout).not.toMatch(/record\.json/);
        expect(stderr).toMatch(/ENOSPC/);
        const [run] = readdirSync(folder);
        expect(readdirSync(join(folder, run as string)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      } finally {
        execFileSync('umount', [folder]);
      }
    });

    it('with room for the record and not for the page: costs the page alone, and says so', async () => {
      const folder = mountTiny(200) as string;
      try {
        const { code, stderr } = await runCli([
          'run',
          'smoke',
          '-d',
          '2s',
          '--no-progress',
          '--results',
          folder,
        ]);
        expect(code).not.toBe(0);
        expect(stderr).toMatch(/ENOSPC/);
        const run = readdirSync(folder).find((name) => name !== 'latest') as string;
        const files = readdirSync(join(folder, run)).sort();
        expect(files).toEqual(['latency.hlog', 'record.json', 'report.md', 'timeline.ndjson']);
        const record = JSON.parse(readFileSync(join(folder, run, 'record.json'), 'utf8')) as {
          files: string[];
        };
        expect([...record.files].sort()).toEqual(files);
      } finally {
        execFileSync('umount', [folder]);
      }
    });
  },
);

describe.skipIf(!existsSync('/dev/full'))(
  'stdout that takes nothing (skipped where there is no /dev/full)',
  () => {
    it.each([
      ['list', ['list', 'scenarios']],
      ['serve', ['serve', '--json']],
    ])('%s ends with 1 and one sentence, and leaves nothing', async (_, args) => {
      const full = openSync('/dev/full', 'w');
      try {
        const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-full-'));
        const child = spawn(process.execPath, [BIN, ...args], {
          stdio: ['ignore', full, 'pipe'],
          env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder },
        });
        let stderr = '';
        child.stderr?.setEncoding('utf8').on('data', (text) => {
          stderr += text;
        });
        const [code] = await once(child, 'close');
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(/^bpbench: cannot write to stdout: ENOSPC[^\n]*\n$/),
        });
        expect(readdirSync(folder)).toEqual([]);
      } finally {
        closeSync(full);
      }
    });
  },
);
