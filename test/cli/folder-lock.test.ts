import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/cli/folder-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpbench-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const isTaken = {
  message: expect.stringMatching(/^--data: another bpbench serve uses /),
  code: 'BPB_ERR_USAGE',
};

describe('the lock of a folder', () => {
  it('is for one at a time', async () => {
    const first = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject(isTaken);
    first[Symbol.dispose]();
    (await lockFolder(folder))[Symbol.dispose]();
  });

  it('is another process’s until that has ended, also by SIGKILL', async () => {
    const url = new URL('../../src/cli/folder-lock.ts', import.meta.url).href;
    const script = `const { lockFolder } = await import(${JSON.stringify(url)});
      globalThis.lock = await lockFolder(process.argv[1]);
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const args = ['--input-type=module', '--eval', script, folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      await expect(lockFolder(folder)).rejects.toMatchObject(isTaken);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    (await lockFolder(folder))[Symbol.dispose]();
  });

  it('leaves a folder that is not there to the store', async () => {
    const lock = await lockFolder(join(folder, 'none'));
    lock[Symbol.dispose]();
  });
});
