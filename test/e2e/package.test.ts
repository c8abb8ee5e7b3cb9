/** The published package, installed elsewhere and run by plain Node of every supported line. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/core/record.ts';
import { isHostTooBusy } from '../helpers/validity.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LINES = ['22', '24', '26'];

/** It installs packages, so it needs the npm registry and two minutes: BPBENCH_CI=1 asks for it, as `.ci/run` does. */
const isWanted = process.env['BPBENCH_CI'] === '1';

describe.skipIf(!isWanted)(
  'the package (skipped without BPBENCH_CI=1: it installs three versions of Node)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-package-'));
    const nodeOf = (line: string) => join(folder, `node-${line}`, 'node_modules', 'node', 'bin', 'node');
    const npm = (args: string[], cwd: string) =>
      execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

    beforeAll(() => {
      npm(['pack', '--pack-destination', folder], ROOT);
      const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string;
      writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
      npm(['install', '--no-audit', '--no-fund', join(folder, tarball)], folder);
      for (const line of LINES) {
        const home = join(folder, `node-${line}`);
        mkdirSync(home);
        writeFileSync(join(home, 'package.json'), '{"private":true,"allowScripts":{"node":true}}');
        npm(['install', '--no-audit', '--no-fund', `node@${line}`], home);
      }
    }, 300_000);

    const runIn = (line: string, args: string[]) =>
      execFileSync(nodeOf(line), args, {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });

    it('gates the example service from a test of Vitest', () => {
      const example = join(folder, 'example');
      cpSync(join(ROOT, 'examples', 'ci-gate'), example, { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', 'vitest'), join(folder, 'node_modules', 'vitest'), 'dir');
      const gate = (QUEUE: string) =>
        spawnSync(
          process.execPath,
          [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '-t', 'serves readers'],
          { cwd: example, encoding: 'utf8', env: { ...process.env, QUEUE } },
        );
      const sound = gate('65536');
      expect(sound.status, sound.stdout + sound.stderr).toBe(0);
      const lossy = gate('0');
      expect(lossy.status).toBe(1);
      expect(lossy.stdout + lossy.stderr).toMatch(/loss\(fast\) == 0/);
    });

    it.each(LINES)('plays a scenario under Node %s', (line) => {
      const bin = join(folder, 'node_modules', 'bpbench', 'bin', 'bpbench.js');
      // Without --exit-zero an invalid run would end the test before it could be read.
      const flags = ['--strategy', 'drop-oldest', '--json', '--no-checks', '--no-progress', '--exit-zero'];
      const record = JSON.parse(runIn(line, [bin, 'run', 'smoke', ...flags])) as RunRecord;
      expect(record.environment.nodeVersion).toMatch(new RegExp(`^v${line}\\.`));
      expect(record.verdict.status).toBe(isHostTooBusy(record) ? 'invalid' : 'pass');
      expect(record.ledgers.endToEnd.sse?.delivered).toBeGreaterThan(100);
    });

    it.each(LINES)('opens its library doors under Node %s', (line) => {
      const script = `
      import { createChannel, createVirtualClock, OVERFLOW_POLICIES } from 'bpbench/channel';
      import { defineScenario, run } from 'bpbench';
      const channel = createChannel({ capacityItems: 3, overflow: OVERFLOW_POLICIES['drop-oldest'], clock: createVirtualClock() });
      for (const seq of [1, 2, 3, 4, 5]) channel.offer(seq);
      console.log(JSON.stringify([channel.tryTake(), channel.tryTake(), channel.tryTake(), typeof run, typeof defineScenario]));`;
      writeFileSync(join(folder, 'doors.js'), script);
      expect(JSON.parse(runIn(line, ['doors.js']))).toEqual([3, 4, 5, 'function', 'function']);
    });

    it('ends with the codes that the sources end with', () => {
      const bin = join(folder, 'node_modules', 'bpbench', 'bin', 'bpbench.js');
      const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS$|TEST$)/.test(name));
      const args = ['run', '--project', 'e2e', 'test/e2e/exit-codes.test.ts'];
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), ...args],
        { cwd: ROOT, encoding: 'utf8', env: { ...Object.fromEntries(own), BPBENCH_TEST_BIN: bin } },
      );
      expect(status, stdout + stderr).toBe(0);
      expect(stdout).toMatch(/Tests .*\d+ passed/);
    });

    it('brings declarations for both doors', () => {
      writeFileSync(
        join(folder, 'typed.ts'),
        `import { run, type RunRecord } from 'bpbench';
       import { createChannel, createVirtualClock, OVERFLOW_POLICIES } from 'bpbench/channel';
       const channel = createChannel<number>({ overflow: OVERFLOW_POLICIES.block, clock: createVirtualClock() });
       const outcome: 'queued' | 'dropped' | 'failed' | Promise<'queued' | 'dropped' | 'failed'> = channel.offer(1);
       export const record: Promise<RunRecord> = run('smoke');
       export { outcome };`,
      );
      const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
      const args = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        '--module',
        'nodenext',
        '--target',
        'es2024',
        '--types',
        '',
        'typed.ts',
      ];
      expect(execFileSync(process.execPath, [tsc, ...args], { cwd: folder, encoding: 'utf8' })).toBe('');
    });
  },
);
