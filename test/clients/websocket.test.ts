/** The `ws` and `eventsource` libraries through the proxies: the same messages, the same end. */
import { once } from 'node:events';
import { EventSource } from 'eventsource';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../helpers/system.ts';
import { content } from './origin.ts';
import { type Proxied, startProxied } from './proxied.ts';
import { describeWith } from './requirement.ts';

const MIB = 1024 * 1024;
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

for (const connect of ['tunnel', 'intercept'] as const) {
  describeWith({ openssl: 'openssl' }, `through CONNECT (${connect})`, () => {
    let proxied: Proxied;
    beforeAll(async () => {
      proxied = await startProxied(connect);
    });
    afterAll(() => proxied?.[Symbol.asyncDispose]());

    for (const scheme of ['ws', 'wss'] as const) {
      const open = async (path: string): Promise<Hearing> => {
        const origin = scheme === 'ws' ? proxied.plain : proxied.secure;
        const ca = connect === 'intercept' ? proxied.ca : proxied.originCa;
        return hear(
          new WebSocket(`${origin.url.replace('http', 'ws')}${path}`, {
            agent: new HttpsProxyAgent(proxied.addresses.proxyUrl),
            ca,
          }),
        );
      };
      describe(`ws library, ${scheme}`, () => testWebSocket(open, () => proxied.allReleased()));
    }

    it.each(['http', 'https'] as const)('eventsource over %s hears 500 events in order', async (scheme) => {
      const ca = connect === 'intercept' ? proxied.ca : proxied.originCa;
      const agent = new ProxyAgent({ uri: proxied.addresses.proxyUrl, requestTls: { ca } });
      const origin = scheme === 'http' ? proxied.plain : proxied.secure;
      const source = new EventSource(`${origin.url}/events/500`, {
        fetch: (url, init) => undiciFetch(url, { ...(init as object), dispatcher: agent }),
      });
      expect(await hearEvents(source)).toEqual(numbers(500));
      await agent.close();
      await proxied.allReleased();
    });
  });
}

describeWith({ openssl: 'openssl' }, 'through the reverse proxy', () => {
  let proxied: Proxied;
  beforeAll(async () => {
    proxied = await startProxied();
  });
  afterAll(() => proxied?.[Symbol.asyncDispose]());

  describe('ws library', () => {
    testWebSocket(
      async (path) => {
        const { host } = new URL(proxied.addresses.reverseUrl);
        return hear(new WebSocket(`ws://${host}${path}`));
      },
      () => until(() => proxied.plain.webSockets.size === 0, 'the origin has no WebSocket left', 5000),
    );
  });

  it('eventsource hears 500 events in order', async () => {
    const source = new EventSource(new URL('/events/500', proxied.addresses.reverseUrl));
    expect(await hearEvents(source)).toEqual(numbers(500));
  });
});

function testWebSocket(open: (path: string) => Promise<Hearing>, released: () => Promise<void>): void {
  it.each([
    ['text', Buffer.from('grüße, 世界 🌍'), false],
    ['no text at all', Buffer.alloc(0), false],
    ['binary', content(1000), true],
    ['1 MiB of binary', content(MIB), true],
    ['8 MiB of binary', content(8 * MIB), true],
  ])('echoes %s', async (_, bytes, binary) => {
    const { socket } = await open('/echo');
    const reply = once(socket, 'message') as Promise<[Buffer, boolean]>;
    socket.send(bytes, { binary });
    const [data, isBinary] = await reply;
    expect(isBinary).toBe(binary);
    expect(data.equals(bytes)).toBe(true);
    await close(socket);
    await released();
  });

  it('hears 2,000 messages in order', async () => {
    const { socket, heard } = await open('/count/2000');
    await until(() => heard.length >= 2000, 'all messages came');
    expect(heard.map(Number)).toEqual(numbers(2000));
    await close(socket);
    await released();
  });

  it.each([1000, 1001, 1011, 3000, 4999])('close code %i comes through either way', async (code) => {
    const { socket: asked } = await open('/echo');
    const theirs = once(asked, 'close') as Promise<[number, Buffer]>;
    asked.send(`close ${code}`);
    const [heard, reason] = await theirs;
    expect([heard, String(reason)]).toEqual([code, 'as asked']);

    const { socket: own } = await open('/echo');
    const answered = once(own, 'close') as Promise<[number, Buffer]>;
    own.close(code, 'enough');
    const [echoed, ownReason] = await answered;
    expect([echoed, String(ownReason)]).toEqual([code, 'enough']);
    await released();
  });

  it('pings are answered from the far end', async () => {
    const { socket } = await open('/echo');
    const pong = once(socket, 'pong') as Promise<[Buffer]>;
    socket.ping('are you there');
    expect(String((await pong)[0])).toBe('are you there');
    await close(socket);
    await released();
  });

  it('a client that vanishes is noticed', async () => {
    const { socket } = await open('/echo');
    socket.terminate();
    await released();
  });
}

interface Hearing {
  readonly socket: WebSocket;
  /** Every message from the first, which may come together with the handshake. */
  readonly heard: string[];
}

async function hear(socket: WebSocket): Promise<Hearing> {
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  await once(socket, 'open');
  return { socket, heard };
}

async function close(socket: WebSocket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}

async function hearEvents(source: EventSource): Promise<number[]> {
  const heard: number[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      source.addEventListener('message', ({ data }) => heard.push(Number(data)));
      source.addEventListener('end', () => resolve());
      source.addEventListener('error', (event) => reject(new Error(`EventSource: ${event.message}`)));
    });
  } finally {
    source.close();
  }
  return heard;
}
