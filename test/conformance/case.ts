/** One conversation with an echoing server: what is sent, what has to come back, and how it has to end. */
import { expect } from 'vitest';
import type { RawWebSocket } from '../helpers/raw-websocket.ts';
import { close, tell } from '../helpers/websocket-frames.ts';

/** Bytes to be sent, or a number of frames to be heard before anything else is sent. */
export type Step = Uint8Array | { readonly hear: number };

export interface Case {
  readonly title: string;
  readonly send: readonly Step[];
  /** Messages that come back, in order; a string stands for text. */
  readonly messages?: readonly (string | Uint8Array)[];
  /** Payloads of the pongs, in order. */
  readonly pongs?: readonly (string | Uint8Array)[];
  /** The server's close code, `null` for a close frame without any. Default: the client closes with 1000 at last. */
  readonly closes?: number | null;
  /** Every byte in a TCP segment of its own. */
  readonly isByBytes?: boolean;
}

/** Plays it to the end: the server's close frame, and behind it nothing but the end of the connection. */
export async function play(
  socket: RawWebSocket,
  { send, messages = [], pongs = [], ...rest }: Case,
): Promise<void> {
  const isOurs = rest.closes === undefined;
  for (const step of send) {
    if (!(step instanceof Uint8Array)) await socket.hears(step.hear);
    else if (rest.isByBytes) await socket.writeApart(bytesOf(step));
    else await socket.writeApart([step]);
  }
  if (isOurs) {
    await socket.hears(messages.length + pongs.length);
    await socket.write(close(1000));
  }
  await socket.closes();
  if (!isOurs && rest.closes !== null) await socket.write(close(rest.closes));
  await socket.ends();
  expect(socket.of('text', 'binary').map(tell), 'messages').toEqual(messages.map(tellMessage));
  expect(socket.of('pong').map(tell), 'pongs').toEqual(
    pongs.map((payload) => tell({ kind: 'pong', payload: Buffer.from(payload) })),
  );
  expect(socket.of('ping').map(tell), 'pings').toEqual([]);
  const { payload } = socket.closeFrame ?? {};
  const code =
    payload === undefined ? 'no close frame' : payload.length === 0 ? null : payload.readUInt16BE(0);
  expect(code, 'close code').toBe(isOurs ? 1000 : rest.closes);
}

export function tellMessage(message: string | Uint8Array): string {
  return tell({ kind: typeof message === 'string' ? 'text' : 'binary', payload: Buffer.from(message) });
}

export function* bytesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

/** `payload` in frames of at most `bytes` each. */
export function cut(payload: string | Uint8Array, bytes: number): Buffer[] {
  const all = Buffer.from(payload);
  const parts: Buffer[] = [];
  for (let at = 0; at < Math.max(1, all.length); at += bytes) parts.push(all.subarray(at, at + bytes));
  return parts;
}
