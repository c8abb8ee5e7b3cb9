/** Browsers send an Origin: pages of this machine may use the feeds, others not. */
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { isOwnPage } from '../../src/system/http/page-origin.ts';
import { type RunningSystem, startSystem } from '../helpers/system.ts';

const OWN = [
  'http://localhost:3000',
  'https://app.localhost',
  'http://127.0.0.1:8080',
  'http://127.9.9.9',
  'http://[::1]:5',
];
const FOREIGN = [
  'http://example.org',
  'https://localhost.evil.test',
  'http://127.0.0.1.evil.test',
  'http://10.0.0.1',
  'http://0.0.0.0',
  'http://[::ffff:8.8.8.8]',
  'null',
  'file://',
  'garbage',
  '',
];

describe('pages', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await startSystem();
  });
  afterAll(() => running[Symbol.asyncDispose]());

  it.each(OWN)('%s may use the feeds', async (origin) => {
    expect(isOwnPage(origin)).toBe(true);
    const published = await send('POST', running.addresses.publishUrl, origin, 'x');
    expect(published).toMatchObject({ status: 202, allowed: origin });
    const asked = await send('OPTIONS', running.addresses.publishUrl, origin);
    expect(asked).toMatchObject({ status: 204, allowed: origin });
    const ws = new WebSocket(running.addresses.wsUrl, { origin });
    await once(ws, 'open');
    ws.terminate();
  });

  it.each(FOREIGN)('%j may not', async (origin) => {
    expect(isOwnPage(origin)).toBe(false);
    const before = running.system.sample().published;
    expect(await send('POST', running.addresses.publishUrl, origin, 'x')).toMatchObject({
      status: 403,
      allowed: undefined,
    });
    expect(await send('GET', running.addresses.sseUrl, origin)).toMatchObject({ status: 403 });
    expect(running.system.sample().published).toBe(before);
    const ws = new WebSocket(running.addresses.wsUrl, { headers: { origin } });
    const [error] = (await once(ws, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('programs without an Origin may', async () => {
    expect(await send('POST', running.addresses.publishUrl, undefined, 'x')).toMatchObject({
      status: 202,
      allowed: undefined,
    });
  });
});

async function send(
  method: string,
  url: string,
  origin: string | undefined,
  body = '',
): Promise<{ status: number | undefined; allowed: string | undefined }> {
  const outgoing = request(url, { method, headers: origin === undefined ? {} : { origin }, agent: false });
  outgoing.end(body);
  const [answer] = await once(outgoing, 'response');
  answer.resume();
  await once(answer, 'end');
  return { status: answer.statusCode, allowed: answer.headers['access-control-allow-origin'] };
}
