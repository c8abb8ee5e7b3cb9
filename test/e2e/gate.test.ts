/** The project's gate: Ctrl-C in the middle of it leaves nothing behind. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const worktrees = () => execFileSync('git', ['-C', ROOT, 'worktree', 'list'], { encoding: 'utf8' });

/** An unpacked archive has no history to compare with. */
const hasHistory =
  existsSync(join(ROOT, '.git')) &&
  spawnSync('git', ['-C', ROOT, 'rev-parse', '--verify', 'HEAD'], { stdio: 'ignore' }).status === 0;

it.skipIf(!hasHistory)(
  'ends with 130 after Ctrl-C, and leaves neither a folder nor a worktree (skipped without a git history)',
  async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'bpbench-test-gate-'));
    try {
      const gate = spawn(process.execPath, [join(ROOT, 'scripts', 'gate.ts'), 'HEAD'], {
        env: { ...process.env, TMPDIR: temporary },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let stdout = '';
      for await (const chunk of gate.stdout) {
        stdout += String(chunk);
        if (!stdout.includes('blocks, seed')) continue;
        expect(worktrees()).toContain(temporary);
        gate.kill('SIGINT');
        break;
      }
      await once(gate, 'exit');
      expect(stdout).toMatch(/^gate: [0-9a-f]{9} against what is here, 8 blocks, seed \d+$/m);
      expect(gate.exitCode).toBe(130);
      expect(worktrees()).not.toContain(temporary);
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  },
  60_000,
);
