/**
 * A peer that stops reading stops the first producer, on every path, and after a bounded number of bytes; once it
 * reads again nothing is missing. What is taken meanwhile is mostly the kernel's.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { playTape, TapeReader } from '../../helpers/tape.ts';
import { ALL_PATHS } from './entrances.ts';
import { startFlow } from './flow.ts';

const MIB = 1024 * 1024;
/** On two hops the kernel hides up to about 8 MB each. */
const BOUND_BYTES = 64 * MIB;
const TOTAL_BYTES = 96 * MIB;
/** A producer that has not moved for so long has stopped. */
const STILL_MS = 400;

const measured: string[] = [];

/** Resolves with the bytes that were taken when they have not grown for {@link STILL_MS}. */
async function untilStill(read: () => number): Promise<number> {
  let last = -1;
  let sinceMs = performance.now();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = read();
    if (now !== last) {
      last = now;
      sinceMs = performance.now();
    } else if (last > 0 && performance.now() - sinceMs > STILL_MS) return last;
  }
}

describe.each(ALL_PATHS)('%s:', (path) => {
  it('a client that does not read stops the origin, and misses nothing when it reads again', async () => {
    let produced = 0;
    await using flow = await startFlow(path, async (_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      await playTape(response, 1, TOTAL_BYTES, undefined, (bytes) => {
        produced = bytes;
      });
      response.end();
    });
    const { outgoing, answered } = flow.client.begin('GET', '/endless');
    outgoing.end();
    const answer = await answered;
    answer.pause();
    const stoppedAt = await untilStill(() => produced);
    measured.push(
      `${path.padEnd(12)} client frozen  origin stopped at ${(stoppedAt / MIB).toFixed(1).padStart(5)} MiB`,
    );
    expect(stoppedAt).toBeLessThan(BOUND_BYTES);
    const reader = new TapeReader(1);
    for await (const part of answer) reader.add(part as Buffer);
    expect({ length: reader.length, isPrefix: reader.isPrefix }).toEqual({
      length: TOTAL_BYTES,
      isPrefix: true,
    });
  });

  it('an origin that does not read stops the client, and misses nothing when it reads again', async () => {
    let thaw: () => void = () => {};
    const reader = new TapeReader(2);
    await using flow = await startFlow(path, async (incoming, response) => {
      await new Promise<void>((resolve) => {
        thaw = resolve;
      });
      for await (const part of incoming) reader.add(part as Buffer);
      response.end('done');
    });
    const { outgoing, answered } = flow.client.begin('POST', '/endless', {
      headers: { 'content-length': String(TOTAL_BYTES) },
    });
    let produced = 0;
    const played = playTape(outgoing, 2, TOTAL_BYTES, undefined, (bytes) => {
      produced = bytes;
    }).then(() => outgoing.end());
    const stoppedAt = await untilStill(() => produced);
    measured.push(
      `${path.padEnd(12)} origin frozen  client stopped at ${(stoppedAt / MIB).toFixed(1).padStart(5)} MiB`,
    );
    expect(stoppedAt).toBeLessThan(BOUND_BYTES);
    thaw();
    await played;
    (await answered).resume();
    expect({ length: reader.length, isPrefix: reader.isPrefix }).toEqual({
      length: TOTAL_BYTES,
      isPrefix: true,
    });
  });
});

afterAll(() => {
  process.stdout.write(`\n${measured.join('\n')}\n`);
});
