/** Messages in several frames. */
import { binary, close, more, ping, pong, text } from '../../helpers/websocket-frames.ts';
import { type Case, cut } from '../case.ts';
import { letters, MAX_MESSAGE_BYTES, noise } from './framing.ts';

const first = (payload: string | Uint8Array) => text(payload, { isFinal: false });
const next = (payload: string | Uint8Array) => more(payload, { isFinal: false });

/** `payload` in fragments of `bytes`. */
export function inFragments(kind: 'text' | 'binary', payload: string | Uint8Array, bytes: number): Buffer[] {
  const parts = cut(payload, bytes);
  return parts.map((part, at) => {
    const isFinal = at === parts.length - 1;
    if (at > 0) return more(part, { isFinal });
    return kind === 'text' ? text(part, { isFinal }) : binary(part, { isFinal });
  });
}

const sizes: Case[] = [1, 125, 126, 4096, 65_536].flatMap((bytes) => {
  const total = Math.min(bytes * 40, 262_144);
  return [
    {
      title: `text in ${total / bytes} fragments of ${bytes} bytes`,
      send: inFragments('text', letters(total), bytes),
      messages: [letters(total)],
    },
    {
      title: `binary in ${total / bytes} fragments of ${bytes} bytes, in one write`,
      send: [Buffer.concat(inFragments('binary', noise(total), bytes))],
      messages: [noise(total)],
    },
  ];
});

const between: Case[] = [
  {
    title: 'a ping between fragments is answered before the message ends',
    send: [first('one '), ping('now'), { hear: 1 }, more('two')],
    messages: ['one two'],
    pongs: ['now'],
  },
  {
    title: 'pings and pongs between all of ten fragments',
    send: inFragments('text', '0123456789', 1).flatMap((frame, at) => [
      frame,
      ...(at < 9 ? [ping(`${at}`), pong('x'), { hear: at + 1 }] : []),
    ]),
    messages: ['0123456789'],
    pongs: [...'012345678'],
  },
  {
    title: 'a message in fragments byte by byte, with a ping inside',
    send: [Buffer.concat([first('grü'), ping('p'), next('ß'), more('e')])],
    messages: ['grüße'],
    pongs: ['p'],
    isByBytes: true,
  },
  {
    title: 'a close between fragments ends the connection, and the message never was',
    send: [first('half of a'), close(1000)],
    closes: 1000,
  },
];

const empty: Case[] = [
  { title: 'three empty fragments', send: [first(''), next(''), more('')], messages: [''] },
  { title: 'an empty first fragment', send: [first(''), more('all of it')], messages: ['all of it'] },
  {
    title: 'an empty fragment in the middle',
    send: [first('one '), next(''), more('two')],
    messages: ['one two'],
  },
  { title: 'an empty last fragment', send: [first('all of it'), more('')], messages: ['all of it'] },
  {
    title: '1,000 empty fragments',
    send: [Buffer.concat([first('a'), ...Array.from({ length: 1000 }, () => next('')), more('b')])],
    messages: ['ab'],
  },
  {
    title: 'empty fragments of a binary message',
    send: [binary('', { isFinal: false }), more('')],
    messages: [Buffer.alloc(0)],
  },
];

const wrong: Case[] = [
  { title: 'a final continuation of nothing', send: [more('what?')], closes: 1002 },
  { title: 'a continuation of nothing that is not final', send: [next('what?'), more('that')], closes: 1002 },
  { title: 'an empty continuation of nothing', send: [more('')], closes: 1002 },
  {
    title: 'a continuation behind a whole message',
    send: [text('whole'), { hear: 1 }, more('and more')],
    messages: ['whole'],
    closes: 1002,
  },
  { title: 'a new text within a text', send: [first('one'), text('two')], closes: 1002 },
  { title: 'a new binary within a text', send: [first('one'), binary('two')], closes: 1002 },
  {
    title: 'another first fragment within a text',
    send: [first('one'), first('two'), more('!')],
    closes: 1002,
  },
  {
    title: 'a message in fragments, and a continuation behind it',
    send: [first('one '), more('two'), { hear: 1 }, next('three')],
    messages: ['one two'],
    closes: 1002,
  },
];

const limits: Case[] = [
  {
    title: `binary of ${MAX_MESSAGE_BYTES} bytes, as large as may be, in fragments of 65,536`,
    send: inFragments('binary', noise(MAX_MESSAGE_BYTES), 65_536),
    messages: [noise(MAX_MESSAGE_BYTES)],
  },
  {
    title: 'fragments that are one byte too many together',
    send: [
      ...inFragments('binary', noise(MAX_MESSAGE_BYTES), 65_536).slice(0, -1),
      next(noise(65_536)),
      more('x'),
    ],
    closes: 1009,
  },
  {
    title: 'a head of one byte too many, before its payload',
    send: [binary('', { declaredLength: BigInt(MAX_MESSAGE_BYTES + 1) })],
    closes: 1009,
  },
  ...[2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].map((length) => ({
    title: `a head of ${length} bytes`,
    send: [binary('', { declaredLength: length }), noise(100)],
    closes: 1009,
  })),
  {
    title: 'a continuation whose head goes over the limit',
    send: [first('x'), more('', { declaredLength: BigInt(MAX_MESSAGE_BYTES) })],
    closes: 1009,
  },
  {
    title: 'messages before one that is too long come back',
    send: [text('fine'), { hear: 1 }, text('', { declaredLength: 2n ** 32n })],
    messages: ['fine'],
    closes: 1009,
  },
];

export const FRAGMENTS: readonly Case[] = [...sizes, ...between, ...empty, ...wrong, ...limits];

/** 200,000 fragments of one byte each (table D, row 58): more than a server should put together. */
export const MANY_FRAGMENTS = 200_000;
export function manyFragments(): Buffer {
  const middle = next('x');
  return Buffer.concat([first('x'), ...Array.from({ length: MANY_FRAGMENTS - 2 }, () => middle), more('x')]);
}
