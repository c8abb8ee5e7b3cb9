/** An upgrade that was sent ahead, behind a request of the feed server that is not answered yet. */
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../helpers/raw-http.ts';
import { publish, startSystem, until } from '../../helpers/system.ts';

const upgradeTo = (path: string) =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n');

describe('an upgrade behind a request', () => {
  it.each(['/ws', '/echo'])('to %s puts nothing into a stream of events', async (path) => {
    await using running = await startSystem();
    const client = await RawClient.connect(running.addresses.sseUrl);
    client.write(`GET /events HTTP/1.1\r\nHost: x\r\n\r\n${upgradeTo(path)}`);
    await until(() => client.received.includes('\r\n\r\n'), 'the stream has begun');
    expect(await publish(running.addresses, 'one')).toBe(202);
    await until(() => client.received.includes('data: one'), 'the event is there');
    const text = client.received.toString('latin1');
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(text).not.toContain('101');
    client.destroy();
  });

  it('comes after the answer before it', async () => {
    await using running = await startSystem();
    const client = await RawClient.connect(running.addresses.sseUrl);
    client.write(`POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none${upgradeTo('/ws')}`);
    const answers = [await client.answer(1), await client.answer(2)];
    expect(answers.map(({ startLine }) => startLine.split(' ')[1])).toEqual(['202', '426']);
    client.destroy();
  });

  it.each(['/publish', '/events'])('to something else is no upgrade: %s answers as ever', async (path) => {
    await using running = await startSystem();
    const client = await RawClient.connect(running.addresses.sseUrl);
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    client.write(
      path === '/publish'
        ? `POST ${path} HTTP/1.1\r\nHost: x\r\n${offer}Content-Length: 3\r\n\r\none`
        : `GET ${path} HTTP/1.1\r\nHost: x\r\n${offer}\r\n`,
    );
    await until(() => client.received.includes('\r\n\r\n'), 'it is answered');
    expect(client.received.toString('latin1')).toMatch(/^HTTP\/1\.1 20[02] /);
    client.destroy();
  });

  it('is taken once the connection is free', async () => {
    await using running = await startSystem();
    const client = await RawClient.connect(running.addresses.sseUrl);
    client.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.answer(1);
    client.write(upgradeTo('/ws'));
    await until(() => client.received.includes('HTTP/1.1 101'), 'the upgrade');
    client.destroy();
  });
});
