import { describe, expect, it } from 'vitest';
import { findOverlaps, readSvg, textBoxes } from './svg-reader.ts';

describe('the reader that these tests trust', () => {
  it.each([
    ['an unescaped <', '<svg><text>a < b</text></svg>'],
    ['an unescaped &', '<svg><text>a & b</text></svg>'],
    ['an unknown entity', '<svg><text>&nbsp;</text></svg>'],
    ['a quote in an attribute', '<svg a="b"c"/>'],
    ['an attribute without quotes', '<svg a=b/>'],
    ['an attribute twice', '<svg a="1" a="2"/>'],
    ['a tag that is not ended', '<svg><g></svg>'],
    ['no end at all', '<svg>'],
    ['a control character', '<svg>\u0007</svg>'],
    ['a lone surrogate', '<svg>\ud800</svg>'],
  ])('refuses %s', (_, svg) => {
    expect(() => readSvg(svg)).toThrow();
  });

  it('sees texts that cover each other, and those that only stand beside each other', () => {
    const svg =
      '<svg><text x="0" y="10">long text</text><text x="30" y="12">over it</text><text x="0" y="30">below</text></svg>';
    expect(findOverlaps(textBoxes(readSvg(svg)))).toEqual(["'long text' and 'over it'"]);
  });
});
