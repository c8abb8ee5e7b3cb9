/** No byte is lost, doubled or moved, whatever way it takes and however the stream ends. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { until } from '../../helpers/system.ts';
import { playTape, TapeReader, tapeHash } from '../../helpers/tape.ts';
import { ALL_PATHS } from './entrances.ts';
import { resetUnder, startFlow } from './flow.ts';

const LENGTHS = [0, 1, 2, 255, 256, 257, 4095, 4096, 4097, 16_383, 16_385, 65_535, 65_536, 65_537, 1_048_577];
const FRAMINGS = ['length', 'chunked'] as const;
const UP = 7;
const DOWN = 8;

describe.each(ALL_PATHS)('%s', (path) => {
  it('carries bodies both ways unchanged, by length and chunked, with trailers', async () => {
    const random = createRandom(20_26, `cuts/${path}`);
    const cut = () => 1 + Math.floor(random.next() ** 3 * 100_000);
    let seen: Record<string, unknown> = {};
    await using flow = await startFlow(path, async (incoming, response) => {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const part of incoming) {
        hash.update(part as Buffer);
        bytes += (part as Buffer).length;
      }
      seen = { hash: hash.digest('hex'), bytes, trailer: incoming.trailers['x-sum'] };
      const length = Number(incoming.headers['x-length']);
      const isChunked = incoming.headers['x-framing'] === 'chunked';
      response.writeHead(200, isChunked ? { trailer: 'X-Sum' } : { 'content-length': length });
      await playTape(response, DOWN, length, cut);
      if (isChunked) response.addTrailers({ 'X-Sum': tapeHash(DOWN, length) });
      response.end();
    });
    const lengths = [...LENGTHS, ...Array.from({ length: 4 }, () => Math.floor(random.next() * 300_000))];
    for (const framing of FRAMINGS) {
      for (const [i, length] of lengths.entries()) {
        const back = lengths[(i * 7 + 3) % lengths.length] as number;
        const { outgoing, answered } = flow.client.begin('POST', '/x', {
          headers: {
            'x-length': String(back),
            'x-framing': FRAMINGS[i % 2] as string,
            te: 'trailers',
            ...(framing === 'chunked'
              ? { 'transfer-encoding': 'chunked', trailer: 'X-Sum' }
              : { 'content-length': String(length) }),
          },
        });
        await playTape(outgoing, UP, length, cut);
        if (framing === 'chunked') outgoing.addTrailers({ 'X-Sum': tapeHash(UP, length) });
        outgoing.end();
        const answer = await answered;
        const hash = createHash('sha256');
        for await (const part of answer) hash.update(part as Buffer);
        expect(seen, `up ${length} ${framing}`).toEqual({
          hash: tapeHash(UP, length),
          bytes: length,
          trailer: framing === 'chunked' ? tapeHash(UP, length) : undefined,
        });
        expect(hash.digest('hex'), `down ${back} ${FRAMINGS[i % 2]}`).toBe(tapeHash(DOWN, back));
        if (FRAMINGS[i % 2] === 'chunked') expect(answer.trailers['x-sum']).toBe(tapeHash(DOWN, back));
      }
    }
  });

  const LENGTH = 3_000_000;

  for (const framing of [...FRAMINGS, 'close'] as const) {
    for (const end of ['reset', 'fin'] as const) {
      if (framing === 'close' && end === 'fin') continue; // that is its proper end
      it(`shows the client that an answer (${framing}) is cut by ${end}, after a prefix`, async () => {
        await using flow = await startFlow(path, async (_, response) => {
          const { socket } = response;
          if (framing === 'length') response.writeHead(200, { 'content-length': LENGTH * 2 });
          if (framing === 'close') response.useChunkedEncodingByDefault = false;
          if (framing === 'close') response.writeHead(200, { connection: 'close' });
          await playTape(response, DOWN, LENGTH);
          await new Promise((resolve) => setTimeout(resolve, 50));
          if (socket === null) return;
          if (end === 'fin') socket.end();
          else resetUnder(socket);
        });
        const { outgoing, answered } = flow.client.begin('GET', '/x');
        let failure: unknown;
        outgoing.on('error', () => {});
        // Where only the end of the connection delimits a body, Node's client itself hears the reset alone.
        outgoing.once('socket', (socket) =>
          socket.once('error', (error) => {
            failure ??= error;
          }),
        );
        outgoing.end();
        const answer = await answered;
        const reader = new TapeReader(DOWN);
        try {
          for await (const part of answer) reader.add(part as Buffer);
        } catch (error) {
          failure ??= error;
        }
        expect(failure, 'the truncation is seen').toBeDefined();
        expect(reader.isPrefix).toBe(true);
        expect(reader.length).toBeLessThanOrEqual(LENGTH);
        expect(reader.length, 'something came').toBeGreaterThan(0);
      });
    }
  }

  for (const framing of FRAMINGS) {
    for (const end of ['reset', 'fin'] as const) {
      it(`shows the server that an upload (${framing}) is cut by ${end}, after a prefix`, async () => {
        const reader = new TapeReader(UP);
        let outcome = 'open';
        await using flow = await startFlow(path, async (incoming) => {
          try {
            for await (const part of incoming) reader.add(part as Buffer);
            outcome = 'complete';
          } catch {
            outcome = 'aborted';
          }
        });
        const { outgoing } = flow.client.begin('POST', '/x', {
          headers:
            framing === 'length'
              ? { 'content-length': String(LENGTH * 2) }
              : { 'transfer-encoding': 'chunked' },
        });
        outgoing.on('error', () => {});
        await playTape(outgoing, UP, LENGTH);
        await until(() => reader.length > 0, 'a part is there');
        if (end === 'fin') outgoing.socket?.end();
        else if (outgoing.socket !== null) resetUnder(outgoing.socket);
        await until(() => outcome !== 'open', 'the server hears of it', 5000);
        expect(outcome).toBe('aborted');
        expect(reader.isPrefix).toBe(true);
        expect(reader.length).toBeLessThanOrEqual(LENGTH);
      });
    }
  }

  it('goes on where it was after a stall of either side', async () => {
    const asked = Promise.withResolvers<void>();
    const resumed = Promise.withResolvers<void>();
    const reader = new TapeReader(UP);
    await using flow = await startFlow(path, async (incoming, response) => {
      incoming.pause();
      asked.resolve();
      await resumed.promise;
      for await (const part of incoming) reader.add(part as Buffer);
      await playTape(response, DOWN, LENGTH);
      response.end();
    });
    const { outgoing, answered } = flow.client.begin('POST', '/x', {
      headers: { 'transfer-encoding': 'chunked' },
    });
    const played = playTape(outgoing, UP, LENGTH).then(() => outgoing.end());
    await asked.promise;
    await new Promise((resolve) => setTimeout(resolve, 100));
    resumed.resolve();
    await played;
    const answer = await answered;
    answer.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const back = new TapeReader(DOWN);
    for await (const part of answer) back.add(part as Buffer);
    expect([reader.length, reader.isPrefix, back.length, back.isPrefix]).toEqual([
      LENGTH,
      true,
      LENGTH,
      true,
    ]);
  });
});
