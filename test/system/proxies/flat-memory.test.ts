/** Streams of any length pass in the same memory, both ways, on every path. */
import { describe, expect, it } from 'vitest';
import { playTape, TapeReader } from '../../helpers/tape.ts';
import { testAuthority } from '../../helpers/tls-origin.ts';
import { ChildSystem } from './child-system.ts';
import { ALL_PATHS } from './entrances.ts';
import { FlowClient, startOrigin } from './flow.ts';

const MIB = 1024 * 1024;
const TOTAL_BYTES = (process.env['BPBENCH_CI'] === undefined ? 64 : 1024) * MIB;
/** Buffers on their way, and garbage that is not collected yet. */
const BOUND_BYTES = 100 * MIB;
const LOOK_EVERY_MS = 50;

interface Look {
  readonly streamedBytes: number;
  readonly rssBytes: number;
}

/** Bytes of memory per byte streamed, by least squares, the first quarter left out. */
function slopeOf(looks: readonly Look[]): number {
  const late = looks.slice(Math.floor(looks.length / 4));
  const mean = (pick: (look: Look) => number) =>
    late.reduce((sum, look) => sum + pick(look), 0) / late.length;
  const x = mean((look) => look.streamedBytes);
  const y = mean((look) => look.rssBytes);
  let above = 0;
  let below = 0;
  for (const look of late) {
    above += (look.streamedBytes - x) * (look.rssBytes - y);
    below += (look.streamedBytes - x) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

describe.each(ALL_PATHS.filter((path) => path !== 'direct'))('%s', (path) => {
  it(`streams ${TOTAL_BYTES / MIB} MiB each way in flat memory`, async () => {
    const up = new TapeReader(3);
    await using origin = await startOrigin(path, async (incoming, response) => {
      if (incoming.method === 'GET') await playTape(response, 4, TOTAL_BYTES);
      else incoming.on('data', (part: Buffer) => up.add(part)).on('error', () => {});
      if (incoming.method === 'GET') response.end();
      else incoming.once('end', () => response.end());
    });
    let isDone = false;
    await using child = await ChildSystem.start({
      originUrl: `http://127.0.0.1:${origin.port}`,
      settings: {
        forward: {
          connect: path === 'intercepted' ? 'intercept' : 'tunnel',
          upstreamCa: testAuthority().certificate,
        },
      },
    });
    const client = new FlowClient(path, child.addresses, origin.port);
    const down = new TapeReader(4);
    const looks: Look[] = [];
    const before = (await child.read('exact')).rssBytes;
    const looking = (async () => {
      while (!isDone) {
        const { rssBytes } = await child.read('quick');
        looks.push({ streamedBytes: up.length + down.length, rssBytes });
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    })();
    const stream = async (): Promise<void> => {
      const download = client.begin('GET', '/down');
      download.outgoing.end();
      for await (const part of await download.answered) down.add(part as Buffer);
      const upload = client.begin('POST', '/up', { headers: { 'transfer-encoding': 'chunked' } });
      upload.outgoing.on('error', () => {}); // seen by the answer that does not come
      await playTape(upload.outgoing, 3, TOTAL_BYTES);
      upload.outgoing.end();
      (await upload.answered).resume();
    };
    await stream().finally(() => {
      isDone = true;
    });
    await looking;
    client.close();
    const most = Math.max(...looks.map(({ rssBytes }) => rssBytes)) - before;
    process.stdout.write(
      `${path.padEnd(12)} ${TOTAL_BYTES / MIB} MiB each way: at most ${(most / MIB).toFixed(1)} MiB more than before, slope ${(slopeOf(looks) * 1024).toFixed(1)} KiB per MiB\n`,
    );
    expect([down.length, down.isPrefix, up.length, up.isPrefix]).toEqual([
      TOTAL_BYTES,
      true,
      TOTAL_BYTES,
      true,
    ]);
    expect(most).toBeLessThan(BOUND_BYTES);
  }, 180_000);
});
