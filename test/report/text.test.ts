import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  displayWidth,
  padEnd,
  padStart,
  plainText,
  toAscii,
  truncate,
  wrap,
  wrapCommand,
} from '../../src/report/text.ts';

const ESC = String.fromCharCode(27);
const ANY_TEXT = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x2100 }), fc.integer({ min: 0, max: 0x10_ffff })))
  .map((codes) => String.fromCodePoint(...codes));
const RUNS = { seed: 20_261_121, numRuns: 500 };

describe('text for a terminal', () => {
  it.each([
    [`a${ESC}[31mb`, 'a[31mb'],
    ['one\r\ntwo\tthree', 'one two three'],
    ['left\u202eright', 'leftright'],
    ['\u009b2J', '2J'],
    ['line\u2028sep', 'line sep'],
    ['lone \ud800!', 'lone !'],
    ['Grüße, 世界 ✓', 'Grüße, 世界 ✓'],
    ['::error::x', ': :error::x'],
    ['a ::set-output name=x::y', 'a : :set-output name=x::y'],
    ['##[error]x', '# #[error]x'],
    ['ledger::ok, [::1]:80, fe80::1', 'ledger::ok, [::1]:80, fe80::1'],
  ])('makes %j plain', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('makes any text plain: no control character is left', () => {
    fc.assert(
      fc.property(ANY_TEXT, (text) => {
        expect(plainText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      RUNS,
    );
  });

  it('measures columns, not characters', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('世界')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth(`${ESC}[31mred${ESC}[39m`)).toBe(3);
    expect(padEnd('世', 4)).toBe('世  ');
    expect(padStart('世', 4)).toBe('  世');
  });

  it('cuts to a width with an ellipsis, whole characters only', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('abcd', 4)).toBe('abcd');
    expect(truncate('世界世界', 4)).toBe('世…');
  });

  it('keeps a number and its unit on one line', () => {
    expect(wrap('it took 12 ms', 10)).toEqual(['it took', '12 ms']);
    expect(wrap('lost 5 % of it', 7)).toEqual(['lost', '5 % of', 'it']);
    expect(wrap('a 12 megas', 5)).toEqual(['a 12', 'megas']);
  });

  it('breaks a word that is longer than the screen', () => {
    expect(wrap('ab cdefghij kl', 5, '', ' ')).toEqual(['ab', ' cdef', ' ghij', ' kl']);
  });

  it('breaks any word in time that grows as its length does', () => {
    const bestMs = (length: number): number => {
      const word = '世'.repeat(length);
      const times = Array.from({ length: 5 }, () => {
        const startMs = performance.now();
        expect(wrap(word, 2).length).toBe(length);
        return performance.now() - startMs;
      });
      return Math.min(...times);
    };
    bestMs(1000);
    // 8 times the length: 8 times the time, where measuring the rest again for each line takes 64.
    expect(bestMs(8000) / bestMs(1000)).toBeLessThan(30);
  });

  it('wraps any text within the width and loses nothing but blanks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 30 }).map((word) => word.replace(/[\s\u00a0]/g, 'x'))),
        fc.integer({ min: 5, max: 40 }),
        (words, width) => {
          const lines = wrap(words.join(' '), width, '', '  ');
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
        },
      ),
      RUNS,
    );
  });

  it('breaks commands between words outside quotes', () => {
    expect(wrapCommand("run 'a b c d e f' x", 12, '', '  ')).toEqual(['run \\', "  'a b c d e f' \\", '  x']);
    expect(wrapCommand('', 10, '> ', '')).toEqual(['']);
  });

  it('folds to ASCII column for column', () => {
    expect(toAscii('✓ 5 µs · ▁█ 世 λ\n')).toBe('+ 5 us - _# ?? l\n');
  });
});
