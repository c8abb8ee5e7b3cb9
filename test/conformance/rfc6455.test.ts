/** RFC 6455 as a server has to keep it, directly and through each proxy: one table of cases for all of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { text } from '../helpers/websocket-frames.ts';
import { type Case, play } from './case.ts';
import { CLOSING } from './cases/closing.ts';
import { CONTROL } from './cases/control.ts';
import { FRAGMENTS, manyFragments } from './cases/fragments.ts';
import { FRAMING } from './cases/framing.ts';
import { UTF8 } from './cases/utf8.ts';
import { ALL_PATHS, Paths } from './paths.ts';

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  framing: FRAMING,
  'control frames and reserved bits': CONTROL,
  fragments: FRAGMENTS,
  'UTF-8': UTF8,
  closing: CLOSING,
};

let paths: Paths;
beforeAll(async () => {
  paths = await Paths.start();
});
afterAll(() => paths?.[Symbol.asyncDispose]());

describe.each(ALL_PATHS)('%s', (path) => {
  for (const [group, cases] of Object.entries(GROUPS)) {
    describe(group, () => {
      it.each(cases)('$title', async (one) => play(await paths.open(path), one));
    });
  }

  it('200,000 fragments of one byte are too many', async () => {
    const socket = await paths.open(path);
    const sent = socket.write(manyFragments());
    const { payload } = (await socket.closes()) ?? {};
    expect([1008, 1009]).toContain(payload?.readUInt16BE(0));
    expect(socket.of('text')).toEqual([]);
    socket.destroy();
    await sent;
  });

  it('the first frames may come together with the request', async () => {
    const socket = await paths.open(path, '/echo', { early: Buffer.concat([text('early'), text('bird')]) });
    await play(socket, { title: '', send: [], messages: ['early', 'bird'] });
  });

  it('leaves nothing behind', () => paths.allReleased());
});
