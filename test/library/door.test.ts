import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as door from '../../src/channel.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CHILD = fileURLToPath(new URL('./list-modules.child.ts', import.meta.url));

describe('bpbench/channel', () => {
  it('loads no dependency, nothing of the harness, and a bounded number of files', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD]);
    const { urls, names } = JSON.parse(stdout) as { urls: string[]; names: string[] };
    const files = urls
      .filter((url) => url.startsWith('file:'))
      .map((url) => fileURLToPath(url).slice(ROOT.length));
    expect(files).toContain('src/channel.ts');
    expect(files.filter((file) => !/^src\/(core|system|channel\.ts)/.test(file))).toEqual([]);
    // Sockets, servers, child processes and third-party packages belong to the harness.
    const isHeavy = /^node:(net|tls|https?|http2|dgram|dns|child_process|cluster|worker_threads)/;
    expect(urls.filter((url) => isHeavy.test(url) || !/^(file|node):/.test(url))).toEqual([]);
    expect(
      files.filter((file) =>
        /^src\/system\/(server|feed|boundary|proxy|sse|ws|strategies\/(parse|registry))/.test(file),
      ),
    ).toEqual([]);
    expect(files.length).toBeLessThan(80);
    expect(names.toSorted()).toEqual(Object.keys(door).toSorted());
  }, 120_000);

  it('exports what its documentation names, and no more', () => {
    expect(Object.keys(door).toSorted()).toEqual([
      'BenchError',
      'Lagged',
      'OVERFLOW_POLICIES',
      'createBroadcastRing',
      'createChannel',
      'createGatedRing',
      'createHostClock',
      'createRelay',
      'createVirtualClock',
      'createWorkerPool',
      'takeEpochNs',
    ]);
  });

  it('every maker answers a wrong value with one stable code', () => {
    const clock = door.createVirtualClock();
    const overflow = door.OVERFLOW_POLICIES.block;
    const wrong = { capacityItems: 0, overflow, clock };
    const makers = [
      () => door.createChannel(wrong),
      () => door.createBroadcastRing(wrong),
      () => door.createGatedRing(wrong),
      () => door.createRelay({ clock, upstream: wrong, downstream: { overflow } }),
      () => door.createRelay({ clock, upstream: { overflow }, downstream: wrong }),
      () => door.createWorkerPool({ ...wrong, workers: 1, by: 'shared', run: () => {} }),
    ];
    for (const make of makers) {
      expect(make).toThrow(
        expect.objectContaining({
          code: 'BPB_ERR_STRATEGY',
          message: expect.stringContaining('capacityItems must be'),
        }),
      );
    }
  });
});
