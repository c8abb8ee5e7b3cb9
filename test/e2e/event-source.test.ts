/** A browser's EventSource while its connection is cut and the server restarted: what it misses, and what comes twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startChromium } from '../clients/chromium.ts';
import { describeWith } from '../clients/requirement.ts';
import { startCuttingRelay } from '../helpers/cutting-relay.ts';
import { type Served, startServed } from '../helpers/served.ts';
import { startSteadyPublisher } from '../helpers/steady-publisher.ts';
import { until } from '../helpers/system.ts';

const PER_SEC = 1000;
const SETTINGS = ['--set', 'system.sse.retry=20ms', '--set', 'system.store.keepEvents=100000'];

/** Keeps the id of every event, in the order of their coming. */
const LISTEN = `
  window.seen = [];
  window.opened = 0;
  const source = new EventSource('/events');
  source.onopen = () => window.opened++;
  source.onmessage = (event) => window.seen.push(Number(event.lastEventId));
`;

interface Outcome {
  /** Ids as the page got them. */
  seen: number[];
  acknowledged: number[];
  reconnects: number;
}

describeWith({ chromium: 'chromium', certutil: 'libnss3-tools' }, 'EventSource in Chromium', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it('misses nothing and gets nothing twice: 1000 events/s, 50 cuts, 4 restarts, half of them by kill -9', async () => {
    const { seen, acknowledged, reconnects } = await listen({
      cuts: 50,
      restartAt: [10, 20, 30, 40],
      sets: [],
    });
    expect(reconnects).toBeGreaterThanOrEqual(50);
    expect(findRepeated(seen)).toEqual([]);
    expect(findHoles(seen)).toEqual([]);
    const got = new Set(seen);
    expect(acknowledged.length).toBeGreaterThan(2000);
    expect(acknowledged.filter((id) => id >= (seen[0] ?? 0) && !got.has(id))).toEqual([]);
  });

  it('loses exactly one event for each reconnect where the replay starts one too late', async () => {
    const { seen, reconnects } = await listen({
      cuts: 10,
      restartAt: [],
      sets: ['--set', 'system.sse.resume=since-plus-one'],
    });
    expect(findRepeated(seen)).toEqual([]);
    expect(findHoles(seen)).toHaveLength(reconnects);
  });

  it('loses what comes while it is away where the server has no replay', async () => {
    const { seen, reconnects } = await listen({
      cuts: 10,
      restartAt: [],
      sets: ['--set', 'system.sse.resume=none'],
    });
    expect(findHoles(seen).length).toBeGreaterThan(reconnects);
  });

  async function listen(options: { cuts: number; restartAt: number[]; sets: string[] }): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-'));
    folders.push(folder);
    const start = (): Promise<Served> =>
      startServed(['smoke', '--data', join(folder, 'data'), ...SETTINGS, ...options.sets]);
    await using relay = await startCuttingRelay();
    await using own = await startChromium();
    let served = await start();
    const publisher = startSteadyPublisher(PER_SEC);
    try {
      const lead = (): void => {
        relay.target = Number(new URL(served.urls.sseUrl).port);
        publisher.url = served.urls.publishUrl;
      };
      lead();
      const page = await own.browser.newPage();
      await page.goto(`http://127.0.0.1:${relay.port}/`); // any page of that origin will do
      await page.evaluate(LISTEN);
      await page.waitForFunction('window.seen.length > 100');
      for (let cut = 1; cut <= options.cuts; cut++) {
        const before = await page.evaluate<number>('window.opened');
        if (options.restartAt.includes(cut)) {
          relay.target = null;
          publisher.url = null;
          await (options.restartAt.indexOf(cut) % 2 === 0 ? served.kill() : served.stop());
          served = await start();
          lead();
        } else {
          // It comes back once there is something that it has missed: else there would be nothing to lose.
          const { target } = relay;
          relay.target = null;
          relay.cut();
          const last = await page.evaluate<number>('window.seen.at(-1)');
          await until(
            () => (publisher.acknowledged.at(-1) ?? 0) > last + 50,
            'something is published meanwhile',
          );
          relay.target = target;
        }
        await page.waitForFunction(`window.opened > ${before}`, undefined, { polling: 20 });
        const length = await page.evaluate<number>('window.seen.length');
        await page.waitForFunction(`window.seen.length > ${length + 50}`, undefined, { polling: 20 });
      }
      await publisher.stop();
      const last = Math.max(...publisher.acknowledged);
      await page.waitForFunction(`window.seen.at(-1) >= ${last}`);
      const seen = await page.evaluate<number[]>('window.seen');
      const opened = await page.evaluate<number>('window.opened');
      return { seen, acknowledged: publisher.acknowledged, reconnects: opened - 1 };
    } finally {
      await publisher.stop();
      await served[Symbol.asyncDispose]();
    }
  }
});

function findRepeated(ids: readonly number[]): number[] {
  const sorted = ids.toSorted((a, b) => a - b);
  return sorted.filter((id, at) => id === sorted[at - 1]);
}

/** Ids between the first and the last that never came. */
function findHoles(ids: readonly number[]): number[] {
  const got = new Set(ids);
  const holes: number[] = [];
  for (let id = Math.min(...ids); id < Math.max(...ids); id++) if (!got.has(id)) holes.push(id);
  return holes;
}
