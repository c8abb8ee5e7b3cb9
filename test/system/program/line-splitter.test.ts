import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { LineSplitter } from '../../../src/system/program/line-splitter.ts';

function split(chunks: readonly (string | Uint8Array)[], maxBytes?: number): string[] {
  const splitter = new LineSplitter(maxBytes);
  const lines: string[] = [];
  for (const chunk of chunks) {
    splitter.add(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) lines.push(line);
  }
  const last = splitter.end();
  if (last !== undefined) lines.push(last);
  return lines;
}

describe('lines from bytes', () => {
  it.each([
    ['one line', ['a\n'], ['a']],
    ['empty lines', ['\n\na\n'], ['', '', 'a']],
    ['a CR before the end', ['a\r\nb\rc\r\n'], ['a', 'b\rc']],
    ['a CR and LF in two chunks', ['a\r', '\nb\n'], ['a', 'b']],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['nothing at all', [''], []],
    ['a character in two chunks', [Buffer.from([0xe2, 0x82]), Buffer.from([0xac, 0x0a])], ['€']],
    ['what is no UTF-8', [Buffer.from([0x61, 0xff, 0x62, 0x0a])], ['a\ufffdb']],
  ] as const)('%s', (_, chunks, lines) => {
    expect(split(chunks)).toEqual(lines);
  });

  it.each([
    ['a line at the bound', ['12345678\n'], ['12345678']],
    ['a line at the bound, with a CR', ['1234', '5678\r', '\nx\n'], ['12345678', 'x']],
    ['a line above it, and the next', ['123456789\nx\n'], ['12345678...', 'x']],
    ['a long one in many chunks', ['1234', '5678', '9', '0\nx'], ['12345678...', 'x']],
    ['a long one without an end', ['1234567890'], ['12345678...']],
    ['a character at the bound', ['1234567€ and more\n'], ['1234567...']],
  ] as const)('bounded by 8 bytes: %s', (_, chunks, lines) => {
    expect(split(chunks, 8)).toEqual(lines);
  });

  it('does not depend on where the chunks end', () => {
    const random = createRandom(7, 'lines');
    const text = 'short\n€uro and more\r\n\nlonger than the bound by far\nlast';
    const bytes = Buffer.from(text);
    const whole = split([text], 12);
    for (let run = 0; run < 300; run++) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + random.int(7);
        chunks.push(bytes.subarray(at, at + length));
        at += length;
      }
      expect(split(chunks, 12)).toEqual(whole);
    }
  });
});
