/** Handshakes that are none, and what is asked for beside them (RFC 6455 §4.2): the same answer on every way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Message, statusOf, valuesOf } from '../helpers/message-reader.ts';
import { handshakeFields } from '../helpers/raw-websocket.ts';
import { until } from '../helpers/system.ts';
import { ALL_PATHS, type PathName, Paths } from './paths.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='; // both from RFC 6455 §1.3
const RIGHT = handshakeFields(KEY);
const without = (name: string) => RIGHT.filter((field) => !field.startsWith(`${name}:`));
const instead = (field: string) => [...without(field.slice(0, field.indexOf(':'))), field];

interface Ask {
  readonly title: string;
  readonly fields: readonly string[];
  readonly method?: string;
}

const BAD_KEYS: Ask[] = [
  { title: 'without a key', fields: without('Sec-WebSocket-Key') },
  { title: 'with an empty key', fields: instead('Sec-WebSocket-Key:') },
  { title: 'with a key of 15 bytes', fields: instead('Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA') },
  { title: 'with a key of 17 bytes', fields: instead('Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=') },
  { title: 'with a key that is no base64', fields: instead('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==') },
  { title: 'with two keys', fields: [...RIGHT, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='] },
  { title: 'with the key twice', fields: [...RIGHT, `Sec-WebSocket-Key: ${KEY}`] },
];

const OTHER_VERSIONS: Ask[] = ['0', '7', '8', '12', '14', '255', '13, 8', '13.0', '0x0d', '1e1'].map(
  (version) => ({
    title: `with version ${version}`,
    fields: instead(`Sec-WebSocket-Version: ${version}`),
  }),
);

const NO_UPGRADES: Ask[] = [
  { title: 'without Upgrade', fields: without('Upgrade') },
  { title: 'with another Upgrade', fields: instead('Upgrade: websockets') },
  { title: 'with Upgrade: h2c', fields: instead('Upgrade: h2c') },
  { title: 'with Connection: keep-alive', fields: instead('Connection: keep-alive') },
];

const BAD_LISTS: Ask[] = [
  ...['chat, chat', 'chat,', ',', 'a b', 'chat; x=1', '@'].map((list) => ({
    title: `with the subprotocols '${list}'`,
    fields: [...RIGHT, `Sec-WebSocket-Protocol: ${list}`],
  })),
];

const GOOD: Ask[] = [
  { title: 'as it should be', fields: RIGHT },
  {
    title: 'in other spelling',
    fields: [
      'uPGRADE:WebSocket',
      'CONNECTION: keep-alive , UPGRADE',
      'sec-websocket-version:13',
      `SEC-WEBSOCKET-KEY:  ${KEY} `,
    ],
  },
  { title: 'from an Origin', fields: [...RIGHT, 'Origin: http://localhost'] },
  {
    title: 'with extensions that nobody knows',
    fields: [...RIGHT, 'Sec-WebSocket-Extensions: foo, x-bar; a=1; b="2"'],
  },
  {
    title: 'with permessage-deflate, which is off',
    fields: [
      ...RIGHT,
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, permessage-deflate',
    ],
  },
  { title: 'with cookies and a body of no bytes', fields: [...RIGHT, 'Cookie: a=b', 'Content-Length: 0'] },
];

let paths: Paths;
beforeAll(async () => {
  paths = await Paths.start();
});
afterAll(() => paths?.[Symbol.asyncDispose]());

/** The final answer, 101 included. */
async function ask(path: PathName, { fields, method = 'GET' }: Ask, to = '/echo'): Promise<Message> {
  const entrance = paths.entrance(path);
  const client = await entrance.open();
  client.write(`${entrance.head(method, to, ...fields)}\r\n`);
  const last = () => client.read([method]).messages.at(-1);
  await until(() => last()?.isComplete === true || client.isClosed, 'the answer is complete', 5000);
  const answer = last();
  client.destroy();
  if (answer === undefined) throw new Error(`closed (${client.error ?? 'FIN'}) without an answer`);
  return answer;
}

describe.each(ALL_PATHS)('%s', (path) => {
  it.each(GOOD)('a handshake $title succeeds, with no extension and no subprotocol', async (one) => {
    for (const to of ['/echo', '/ws']) {
      const answer = await ask(path, one, to);
      expect(statusOf(answer.startLine)).toBe(101);
      expect(valuesOf(answer, 'sec-websocket-accept')).toEqual([ACCEPT]);
      expect(valuesOf(answer, 'sec-websocket-extensions')).toEqual([]);
      expect(valuesOf(answer, 'sec-websocket-protocol')).toEqual([]);
    }
  });

  it('subprotocols are known by neither endpoint, so none is chosen', async () => {
    const fields = [...RIGHT, 'Sec-WebSocket-Protocol: chat, superchat'];
    const answer = await ask(path, { title: '', fields });
    expect(statusOf(answer.startLine)).toBe(101);
    expect(valuesOf(answer, 'sec-websocket-protocol')).toEqual([]);
  });

  it.each([...BAD_KEYS, ...BAD_LISTS])('a handshake $title is refused with 400', async (one) => {
    expect((await ask(path, one)).startLine).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each(OTHER_VERSIONS)('a handshake $title is refused with 426 and the version to use', async (one) => {
    const answer = await ask(path, one);
    expect(answer.startLine).toMatch(/^HTTP\/1\.1 426 /);
    expect(valuesOf(answer, 'sec-websocket-version')).toEqual(['13']);
  });

  it('a handshake without a version is refused, and told the version to use', async () => {
    const answer = await ask(path, { title: '', fields: without('Sec-WebSocket-Version') });
    expect(answer.startLine).toMatch(/^HTTP\/1\.1 4(00|26) /);
    expect(valuesOf(answer, 'sec-websocket-version')).toEqual(['13']);
  });

  it.each(NO_UPGRADES)('a GET $title is no handshake, and is told so', async (one) => {
    expect((await ask(path, one)).startLine).toMatch(/^HTTP\/1\.1 4(00|05|26) /);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s is refused with 405', async (method) => {
    const fields = [...RIGHT, 'Content-Length: 0'];
    expect((await ask(path, { title: '', fields, method })).startLine).toMatch(/^HTTP\/1\.1 405 /);
  });

  it('a handshake for a path that is none is refused with 404', async () => {
    expect((await ask(path, { title: '', fields: RIGHT }, '/nowhere')).startLine).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('leaves nothing behind', () => paths.allReleased());
});
