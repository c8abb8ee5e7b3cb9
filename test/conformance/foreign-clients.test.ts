/** Clients that people use, with and without compression: the same messages and the same end on every way. */
import { once } from 'node:events';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { Agent, ProxyAgent, WebSocket as UndiciWebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { testAuthority } from '../helpers/tls-origin.ts';
import { letters, noise } from './cases/framing.ts';
import { type PathName, Paths } from './paths.ts';

const MESSAGES: readonly (string | Buffer)[] = [
  '',
  'grüße, 世界 🌍',
  Buffer.alloc(0),
  noise(126),
  letters(65_536),
  ...Array.from({ length: 30 }, (_, at) => JSON.stringify({ text: letters(600), at })),
  noise(500_000),
];
const END = { code: 4001, reason: 'enough' };

/** Sends {@link MESSAGES}, each once the one before it is back, closes with {@link END}, and answers what it heard. */
interface Talk {
  readonly heard: (string | Buffer)[];
  readonly end: { code: number; reason: string };
  /** `Sec-WebSocket-Extensions` of the server. */
  readonly extensions: string;
}

/** How a client without a way of its own through a proxy gets there. */
type Way = Exclude<PathName, 'forward'>;
const WAYS: readonly Way[] = ['direct', 'reverse', 'connect', 'intercepted'];

let paths: Paths;
beforeAll(async () => {
  paths = await Paths.start({ deflate: 'context' });
});
afterAll(() => paths?.[Symbol.asyncDispose]());

function urlOf(way: Way): string {
  const { host } = paths.entrance(way);
  if (way === 'reverse') return `ws://${new URL(paths.proxyOf(way).addresses.reverseUrl).host}/echo`;
  if (way === 'direct') return `ws://127.0.0.1:${host.split(':')[1]}/echo`;
  return `${way === 'intercepted' ? 'wss' : 'ws'}://${host}/echo`;
}

const isTunnelled = (way: Way): boolean => way === 'connect' || way === 'intercepted';
const authorityOf = (way: Way): string =>
  paths.proxyOf(way).addresses.caCertificate ?? testAuthority().certificate;

async function talkWs(way: Way, perMessageDeflate: boolean | { serverMaxWindowBits: number }): Promise<Talk> {
  const socket = new WebSocket(urlOf(way), {
    perMessageDeflate,
    ...(isTunnelled(way) ? { agent: new HttpsProxyAgent(paths.proxyOf(way).addresses.proxyUrl) } : {}),
    ca: authorityOf(way),
  });
  await once(socket, 'open');
  const heard: (string | Buffer)[] = [];
  for (const message of MESSAGES) {
    const answer = once(socket, 'message');
    socket.send(message);
    const [data, isBinary] = (await answer) as [Buffer, boolean];
    heard.push(isBinary ? data : String(data));
  }
  const { extensions } = socket;
  const closed = once(socket, 'close') as Promise<[number, Buffer]>;
  socket.close(END.code, END.reason);
  const [code, reason] = await closed;
  return { heard, end: { code, reason: String(reason) }, extensions };
}

async function talkUndici(way: Way): Promise<Talk> {
  const ca = authorityOf(way);
  const dispatcher = isTunnelled(way)
    ? new ProxyAgent({ uri: paths.proxyOf(way).addresses.proxyUrl, requestTls: { ca }, proxyTunnel: true })
    : new Agent();
  const socket = new UndiciWebSocket(urlOf(way), { dispatcher });
  socket.binaryType = 'arraybuffer';
  const heard: (string | Buffer)[] = [];
  const failed = new Promise<never>((_, reject) => {
    socket.addEventListener('error', ({ error }) => reject(error ?? new Error('failed')));
  });
  const next = (kind: 'open' | 'message' | 'close') =>
    Promise.race([
      failed,
      new Promise<Event>((resolve) => socket.addEventListener(kind, resolve, { once: true })),
    ]);
  await next('open');
  for (const message of MESSAGES) {
    const answer = next('message');
    socket.send(typeof message === 'string' ? message : Uint8Array.from(message));
    const { data } = (await answer) as unknown as { data: string | ArrayBuffer };
    heard.push(typeof data === 'string' ? data : Buffer.from(data));
  }
  const { extensions } = socket;
  const closed = next('close');
  socket.close(END.code, END.reason);
  const { code, reason } = (await closed) as CloseEvent;
  await dispatcher.destroy();
  return { heard, end: { code, reason }, extensions };
}

function expectEcho({ heard, end }: Talk): void {
  expect(heard.length).toBe(MESSAGES.length);
  const isSame = (message: string | Buffer, at: number): boolean => {
    const one = heard[at];
    return typeof message === 'string' ? one === message : one instanceof Buffer && one.equals(message);
  };
  expect(
    MESSAGES.findIndex((message, at) => !isSame(message, at)),
    'the first that came back changed',
  ).toBe(-1);
  expect(end).toEqual(END);
}

describe.each(WAYS)('%s', (way) => {
  it('ws without compression', async () => {
    const talk = await talkWs(way, false);
    expectEcho(talk);
    expect(talk.extensions).toBe('');
  });

  it('ws with compression and context', async () => {
    const talk = await talkWs(way, true);
    expectEcho(talk);
    expect(talk.extensions).toBe('permessage-deflate');
  });

  it('ws with a window of 512 bytes', async () => {
    const talk = await talkWs(way, { serverMaxWindowBits: 9 });
    expectEcho(talk);
    expect(talk.extensions).toContain('permessage-deflate');
  });

  it('undici, which offers compression', async () => {
    const talk = await talkUndici(way);
    expectEcho(talk);
    expect(talk.extensions).toContain('permessage-deflate');
  });

  it('leaves nothing behind', () => paths.allReleased());
});
