/** Lengths at which heads change their shape, masks, and what arrives in pieces. */
import { binary, close, encodeFrame, OPCODE, ping, pong, text } from '../../helpers/websocket-frames.ts';
import { type Case, cut } from '../case.ts';

export const MIB = 1024 * 1024;
/** Of one message, as the server has it. */
export const MAX_MESSAGE_BYTES = MIB;

/** The same bytes each time, in which no short period repeats. */
export function noise(bytes: number, seed = 1): Buffer {
  const noise = Buffer.allocUnsafe(bytes);
  let state = seed;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    noise[i] = state >>> 24;
  }
  return noise;
}

/** Letters, as {@link noise}. */
export const letters = (bytes: number): string =>
  noise(bytes)
    .map((byte) => 97 + (byte % 26))
    .toString();

const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536, MIB];

const lengths: Case[] = LENGTHS.flatMap((length) => [
  { title: `text of ${length} bytes`, send: [text(letters(length))], messages: [letters(length)] },
  { title: `binary of ${length} bytes`, send: [binary(noise(length))], messages: [noise(length)] },
]);

const pieces: Case[] = [997, 4096].flatMap((bytes) => [
  {
    title: `text of 65536 bytes in TCP segments of ${bytes}`,
    send: cut(text(letters(65_536)), bytes),
    messages: [letters(65_536)],
  },
  {
    title: `binary of 65535 bytes in TCP segments of ${bytes}`,
    send: cut(binary(noise(65_535)), bytes),
    messages: [noise(65_535)],
  },
]);

/** Short ones of everything, with heads of each shape. */
const MIXTURE = Buffer.concat([
  text('grüße'),
  binary(noise(126)),
  ping('there?'),
  text(''),
  pong('no one asked'),
]);

const masks: Case[] = [
  {
    title: 'a mask of zeros',
    send: [text('plain to see', { mask: Buffer.alloc(4) })],
    messages: ['plain to see'],
  },
  {
    title: 'a mask of ones',
    send: [text('inverted', { mask: Buffer.alloc(4, 255) })],
    messages: ['inverted'],
  },
  {
    title: 'a mask that makes the payload all zeros',
    send: [text('abcdabcdabcd', { mask: Buffer.from('abcd') })],
    messages: ['abcdabcdabcd'],
  },
  ...Object.entries(OPCODE).flatMap(([name, opcode]): Case[] =>
    ['', 'unmasked'].map((payload) => ({
      title: `${name} of ${payload.length} bytes without a mask`,
      send: [encodeFrame({ opcode, payload, mask: null })],
      closes: 1002,
    })),
  ),
];

export const FRAMING: readonly Case[] = [
  ...lengths,
  ...pieces,
  ...masks,
  {
    title: 'everything in one segment',
    send: [MIXTURE],
    messages: ['grüße', noise(126), ''],
    pongs: ['there?'],
  },
  {
    title: 'every byte in a segment of its own',
    send: [MIXTURE],
    messages: ['grüße', noise(126), ''],
    pongs: ['there?'],
    isByBytes: true,
  },
  {
    title: '1,000 messages in one segment come back in order',
    send: [Buffer.concat(Array.from({ length: 1000 }, (_, at) => text(String(at))))],
    messages: Array.from({ length: 1000 }, (_, at) => String(at)),
  },
  {
    title: 'control characters, zeros and a byte order mark in a text are left alone',
    send: [text('\0\u0001\r\n\u007f\u2028\ufeff\ufffe')],
    messages: ['\0\u0001\r\n\u007f\u2028\ufeff\ufffe'],
  },
  {
    title: 'a message, and an unmasked one behind it',
    send: [text('first'), { hear: 1 }, text('second', { mask: null })],
    messages: ['first'],
    closes: 1002,
  },
  { title: 'nothing but a close', send: [close(1000)], closes: 1000 },
];
