/** Reads the stamps of a reply: `{"re":7,"intendedUs":1200345,"sentUs":1200398…`. */
import type { EventStamps } from '../core/wire.ts';

const PARTS = ['{"re":', ',"intendedUs":', ',"sentUs":'] as const;

/** Like `readStamps` of an event, for its echo. False when something else stands at `offset`. */
export function readReplyStamps(buffer: Uint8Array, offset: number, end: number, into: EventStamps): boolean {
  let at = offset;
  for (let part = 0; part < PARTS.length; part++) {
    const text = PARTS[part] as string;
    if (at + text.length >= end) return false;
    for (let i = 0; i < text.length; i++) if (buffer[at + i] !== text.charCodeAt(i)) return false;
    at += text.length;
    const from = at;
    let value = 0;
    while (at < end && (buffer[at] as number) >= 48 && (buffer[at] as number) <= 57) {
      value = value * 10 + (buffer[at++] as number) - 48;
    }
    if (at === from || at === end) return false;
    if (part === 0) into.seq = value;
    else if (part === 1) into.intendedUs = value;
    else into.sentUs = value;
  }
  return true;
}
