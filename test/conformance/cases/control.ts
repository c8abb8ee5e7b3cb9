/** Pings and pongs, reserved bits, and opcodes that mean nothing. */
import { binary, encodeFrame, more, OPCODE, ping, pong, text } from '../../helpers/websocket-frames.ts';
import type { Case } from '../case.ts';
import { noise } from './framing.ts';

const pings: Case[] = [
  ...[0, 1, 124, 125].map((length) => ({
    title: `a ping of ${length} bytes`,
    send: [ping(noise(length))],
    pongs: [noise(length)],
  })),
  { title: 'a ping of 126 bytes', send: [ping(noise(126))], closes: 1002 },
  { title: 'a ping of 70,000 bytes', send: [ping(noise(70_000))], closes: 1002 },
  { title: 'a pong of 126 bytes', send: [pong(noise(126))], closes: 1002 },
  { title: 'a ping byte by byte', send: [ping(noise(125))], pongs: [noise(125)], isByBytes: true },
  {
    title: 'ten pings are answered in order',
    send: Array.from({ length: 10 }, (_, at) => [ping(`ping ${at}`), { hear: at + 1 }]).flat(),
    pongs: Array.from({ length: 10 }, (_, at) => `ping ${at}`),
  },
  {
    title: 'pongs that nobody asked for are not answered, and neither is a pong before a ping',
    send: [pong(''), pong('out of the blue'), ping('and you?')],
    pongs: ['and you?'],
  },
  {
    title: 'a ping between two messages',
    send: [text('one'), ping('p'), text('two')],
    messages: ['one', 'two'],
    pongs: ['p'],
  },
  { title: 'a ping in fragments', send: [ping('half', { isFinal: false }), more('whole')], closes: 1002 },
  { title: 'a pong in fragments', send: [pong('half', { isFinal: false }), more('whole')], closes: 1002 },
  {
    title: 'a close in fragments',
    send: [encodeFrame({ opcode: OPCODE.close, payload: '', isFinal: false })],
    closes: 1002,
  },
  {
    title: 'a ping whose head says 127 and whose length fits one byte of it',
    send: [Buffer.concat([Buffer.from([0x89, 0xff, 0, 0, 0, 0, 0, 0, 0, 5]), Buffer.alloc(4), noise(5)])],
    closes: 1002,
  },
];

/** Each of the reserved bits with each kind of frame; no extension is in use. */
const reservedBits: Case[] = [1, 2, 3, 4, 5, 6, 7].flatMap((reserved) => [
  { title: `reserved bits ${reserved} on a text`, send: [text('hello', { reserved })], closes: 1002 },
  { title: `reserved bits ${reserved} on an empty binary`, send: [binary('', { reserved })], closes: 1002 },
  { title: `reserved bits ${reserved} on a ping`, send: [ping('hello', { reserved })], closes: 1002 },
  {
    title: `reserved bits ${reserved} on a close`,
    send: [encodeFrame({ opcode: OPCODE.close, payload: Buffer.from([3, 232]), reserved })],
    closes: 1002,
  },
  {
    title: `reserved bits ${reserved} on a continuation`,
    send: [text('one', { isFinal: false }), more('two', { reserved })],
    closes: 1002,
  },
]);

const reservedOpcodes: Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  { title: `opcode ${opcode}`, send: [encodeFrame({ opcode, payload: 'hello' })], closes: 1002 },
  { title: `opcode ${opcode}, empty`, send: [encodeFrame({ opcode })], closes: 1002 },
  {
    title: `opcode ${opcode} behind a message, and a message behind it`,
    send: [text('heard'), { hear: 1 }, encodeFrame({ opcode, payload: 'x' }), text('too late')],
    messages: ['heard'],
    closes: 1002,
  },
  {
    title: `opcode ${opcode} between fragments`,
    send: [text('one', { isFinal: false }), encodeFrame({ opcode }), more('two')],
    closes: 1002,
  },
]);

export const CONTROL: readonly Case[] = [...pings, ...reservedBits, ...reservedOpcodes];
