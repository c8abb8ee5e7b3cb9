/** How a connection ends. */
import {
  binary,
  close,
  closePayload,
  encodeFrame,
  more,
  OPCODE,
  ping,
  text,
} from '../../helpers/websocket-frames.ts';
import type { Case } from '../case.ts';

/** Those of the standard and of the IANA registry, and both ends of what is left to others. */
const GOOD_CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4242, 4999,
];
/** Of 0–999 nothing may be used; 1004–1006 and 1015 never stand in a frame; 1016–2999 mean nothing yet. */
const BAD_CODES = [
  0, 1, 125, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2500, 2999, 5000, 5001, 9999, 32_768,
  65_535,
];

const codes: Case[] = [
  ...GOOD_CODES.map((code) => ({ title: `close with ${code}`, send: [close(code)], closes: code })),
  ...GOOD_CODES.slice(0, 2).map((code) => ({
    title: `close with ${code} and a reason`,
    send: [close(code, 'grüße 🌍')],
    closes: code,
  })),
  ...BAD_CODES.map((code) => ({
    title: `close with ${code}, which may not be sent`,
    send: [close(code)],
    closes: 1002,
  })),
];

const closeWith = (payload: Uint8Array) => encodeFrame({ opcode: OPCODE.close, payload });

const payloads: Case[] = [
  { title: 'close without a payload', send: [close()], closes: null },
  { title: 'close with half a code', send: [closeWith(Buffer.from([3]))], closes: 1002 },
  { title: 'close with a reason of 123 bytes', send: [close(1000, 'r'.repeat(123))], closes: 1000 },
  {
    title: 'close with a reason of 123 bytes of UTF-8',
    send: [close(4000, `${'€'.repeat(41)}`)],
    closes: 4000,
  },
  { title: 'close with a reason of 124 bytes', send: [close(1000, 'r'.repeat(124))], closes: 1002 },
  { title: 'close with a reason of 70,000 bytes', send: [close(1000, 'r'.repeat(70_000))], closes: 1002 },
  { title: 'close with a reason that is no UTF-8', send: [close(1000, Buffer.from([0xc3]))], closes: 1007 },
  {
    title: 'close with a reason that ends within a character',
    send: [closeWith(closePayload(1000, Buffer.from('€').subarray(0, 2)))],
    closes: 1007,
  },
  {
    title: 'close with a surrogate in its reason',
    send: [close(1000, Buffer.from('eda080', 'hex'))],
    closes: 1007,
  },
  { title: 'close byte by byte', send: [close(1000, 'slowly')], closes: 1000, isByBytes: true },
];

/** What comes behind the client's close is for nobody, whatever it is. */
const behind: Case[] = [
  { title: 'a second close', send: [Buffer.concat([close(1000), close(1001)])], closes: 1000 },
  { title: 'a text behind the close', send: [Buffer.concat([close(1000), text('late')])], closes: 1000 },
  { title: 'a ping behind the close', send: [Buffer.concat([close(1000), ping('late')])], closes: 1000 },
  { title: 'a bad frame behind the close', send: [Buffer.concat([close(1000), more('late')])], closes: 1000 },
  {
    title: '256 KiB behind the close',
    send: [Buffer.concat([close(1001), binary(Buffer.alloc(262_144))])],
    closes: 1001,
  },
  {
    title: 'no WebSocket at all behind the close',
    send: [Buffer.concat([close(), Buffer.alloc(1000, 'GET')])],
    closes: null,
  },
  {
    title: 'the code of what was wrong first counts',
    send: [Buffer.concat([text('no mask', { mask: null }), text(Buffer.from([0xff])), close(1000)])],
    closes: 1002,
  },
];

const answered: Case[] = [
  {
    title: 'a message is answered before the close that follows the answer',
    send: [text('first'), { hear: 1 }, close(3000)],
    messages: ['first'],
    closes: 3000,
  },
  {
    title: 'a ping is answered before the close',
    send: [ping('still here'), { hear: 1 }, close(1001)],
    pongs: ['still here'],
    closes: 1001,
  },
];

export const CLOSING: readonly Case[] = [...codes, ...payloads, ...behind, ...answered];
