/** How a child process of the command ends: what it says of itself, and what signals do to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ChildHandle } from '../../src/targets/child-handle.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpbench-child-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ready = { type: 'ready' };
const urlOf = (path: string) => JSON.stringify(new URL(`../../src/core/${path}`, import.meta.url).href);

/** A child that joins its conductor, and then runs `program`. */
function start(name: string, program: string): ChildHandle<{ type: 'stop' }, Ready> {
  const entry = join(folder, `${name}.mjs`);
  const imports = `import { joinConductor } from ${urlOf('child.ts')};\nimport { BenchError } from ${urlOf('errors.ts')};`;
  writeFileSync(entry, `${imports}\nconst link = joinConductor();\n${program}`);
  return new ChildHandle(name, pathToFileURL(entry));
}

describe('a child', () => {
  it('that cannot start says why in its own words, and any other failure is a death', async () => {
    const failing = start(
      'failing',
      `throw new BenchError('BPB_ERR_START_FAILED', 'the program x is not there');`,
    );
    await expect(failing.waitFor('ready', 10_000)).rejects.toMatchObject({
      code: 'BPB_ERR_START_FAILED',
      message: 'the program x is not there',
    });
    const broken = start('broken', `throw new TypeError('oh');`);
    await expect(broken.waitFor('ready', 10_000)).rejects.toMatchObject({
      code: 'BPB_ERR_PROCESS_DIED',
      message: 'the broken process ended with exit code 1: oh',
    });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves %s to the conductor', async (signal) => {
    const child = start(
      `deaf-${signal}`,
      `link.onMessage(() => link.stop());
       process.on('${signal}', () => setTimeout(() => link.send({ type: 'signalled' }), 50));
       void link.send({ type: 'ready' });`,
    );
    await child.waitFor('ready', 10_000);
    const signalled = new Promise<void>((resolve) => child.on('signalled' as 'ready', () => resolve()));
    process.kill(child.pid, signal);
    await signalled;
    expect(child.isAlive).toBe(true);
    await child.stop();
    expect(await child.died).toMatchObject({ exitCode: 0, signal: null });
  });

  it('that does not do what it is asked is killed', async () => {
    const child = start('stubborn', `setInterval(() => {}, 1000); void link.send({ type: 'ready' });`);
    await child.waitFor('ready', 10_000);
    await child.stop();
    expect(await child.died).toMatchObject({ signal: 'SIGKILL' });
  });
});
