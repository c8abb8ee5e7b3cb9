/** Text: every length of UTF-8 sequence cut everywhere, and all that is none (Unicode 15, table 3-7). */
import { more, ping, text } from '../../helpers/websocket-frames.ts';
import { type Case, cut } from '../case.ts';
import { inFragments } from './fragments.ts';

/** First and last of each length, those beside the surrogates, and non-characters, which are allowed. */
const VALID: Readonly<Record<string, string>> = {
  'first and last of one byte': '\u0000\u007f',
  'first and last of two bytes': '\u0080\u07ff',
  'first and last of three bytes': '\u0800\uffff',
  'first and last of four bytes': '\u{10000}\u{10ffff}',
  'around the surrogates': '\ud7ff\ue000',
  'every lead byte of three and four': '\u1000\ucfff\ud000\u{40000}\u{fffff}\u{100000}',
  'non-characters': '\ufffe\uffff\ufdd0\u{1fffe}',
  'a sentence': 'Hällo κόσμε 世界 🌍',
};

const bytes = (...hex: string[]): Buffer => Buffer.from(hex.join('').replaceAll(' ', ''), 'hex');

const INVALID: Readonly<Record<string, Buffer>> = {
  'a continuation byte alone, 80': bytes('80'),
  'a continuation byte alone, bf': bytes('bf'),
  'continuation bytes one too many': bytes('c3 a9 a9'),
  'two bytes cut short': bytes('c3'),
  'three bytes cut short by two': bytes('e2'),
  'three bytes cut short by one': bytes('e2 82'),
  'four bytes cut short by three': bytes('f0'),
  'four bytes cut short by two': bytes('f0 9f'),
  'four bytes cut short by one': bytes('f0 9f 8c'),
  'a letter in the place of the second byte': bytes('c3 41'),
  'a letter in the place of the third byte': bytes('e2 82 41'),
  'a letter in the place of the fourth byte': bytes('f0 9f 8c 41'),
  'overlong NUL, c0 80': bytes('c0 80'),
  'overlong slash in two bytes': bytes('c0 af'),
  'overlong in two bytes, the last of them': bytes('c1 bf'),
  'overlong slash in three bytes': bytes('e0 80 af'),
  'overlong in three bytes, the last of them': bytes('e0 9f bf'),
  'overlong slash in four bytes': bytes('f0 80 80 af'),
  'overlong in four bytes, the last of them': bytes('f0 8f bf bf'),
  'five bytes': bytes('f8 88 80 80 80'),
  'six bytes': bytes('fc 84 80 80 80 80'),
  'the first high surrogate': bytes('ed a0 80'),
  'the last high surrogate': bytes('ed af bf'),
  'the first low surrogate': bytes('ed b0 80'),
  'the last low surrogate': bytes('ed bf bf'),
  'a pair of surrogates, as CESU-8 has it': bytes('ed a0 bd ed b8 80'),
  'above the last character': bytes('f4 90 80 80'),
  'lead byte f5': bytes('f5 80 80 80'),
  'byte fe': bytes('fe'),
  'byte ff': bytes('ff'),
  'UTF-16 with its byte order mark': bytes('ff fe 48 00'),
};

const valid: Case[] = Object.entries(VALID).flatMap(([what, message]) => {
  const all = Buffer.from(message);
  const cuts = Array.from({ length: all.length + 1 }, (_, at) => at);
  return [
    {
      title: `${what}, whole and in fragments cut at every byte`,
      send: [
        text(message),
        ...cuts.flatMap((at) => [text(all.subarray(0, at), { isFinal: false }), more(all.subarray(at))]),
      ],
      messages: [message, ...cuts.map(() => message)],
    },
    {
      title: `${what}, a fragment for each byte and a ping behind each`,
      send: inFragments('text', all, 1).flatMap((frame, at) => (at === 0 ? [frame] : [ping(''), frame])),
      messages: [message],
      pongs: cuts.slice(2).map(() => ''),
    },
    { title: `${what}, byte by byte`, send: [text(message)], messages: [message], isByBytes: true },
  ];
});

const invalid: Case[] = Object.entries(INVALID).flatMap(([what, part]) => [
  { title: `${what}, alone`, send: [text(part)], closes: 1007 },
  {
    title: `${what}, in a long text`,
    send: [text(Buffer.concat([Buffer.alloc(300, 'ü'), part, Buffer.alloc(300, 'z')]))],
    closes: 1007,
  },
  {
    title: `${what}, a fragment for each byte`,
    send: inFragments('text', Buffer.concat([Buffer.from('κ'), part]), 1),
    closes: 1007,
  },
]);

export const UTF8: readonly Case[] = [
  ...valid,
  ...invalid,
  {
    title: 'what is no UTF-8 is good binary, whole',
    send: Object.values(INVALID).map((part) => binaryOf(part)),
    messages: Object.values(INVALID),
  },
  {
    title: 'a good text, then a bad one',
    send: [text('good'), { hear: 1 }, text(bytes('c0 80'))],
    messages: ['good'],
    closes: 1007,
  },
  {
    title: 'half a character at the end of a message is not completed by the next message',
    send: [text(bytes('c3')), text(bytes('a9'))],
    closes: 1007,
  },
  {
    title: 'a long text with characters of every length across TCP segments of 7 bytes',
    send: cut(text('aé€🌍'.repeat(50)), 7),
    messages: ['aé€🌍'.repeat(50)],
  },
];

function binaryOf(payload: Buffer): Buffer {
  return inFragments('binary', payload, payload.length)[0] as Buffer;
}
