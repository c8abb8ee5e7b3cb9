import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embedJson, escapeMarkup } from '../../../src/report/charts/escape.ts';
import { readSvg } from './svg-reader.ts';

describe('escapeMarkup', () => {
  it('writes every character that means something as an entity', () => {
    expect(escapeMarkup(`<a href="x" title='y'>&amp;</a>`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;',
    );
  });

  it('leaves out what documents must not hold, and keeps line breaks', () => {
    expect(escapeMarkup('a\u0000b\u001b[31mc\u009dd\ufffee\r\nf\tg\u202eh')).toBe('ab[31mcde\r\nf\tgh');
    expect(escapeMarkup('\ud800x')).toBe('\ufffdx');
  });

  it('makes any text the content and the attribute of a well-formed document, which reads as that text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeMarkup(text);
        const [node] = readSvg(`<a b="${escaped}">${escaped}</a>`);
        expect(node?.text).toBe(node?.attributes.get('b'));
        expect(escaped).not.toMatch(/[<>"']/);
      }),
    );
  });
});

describe('embedJson', () => {
  it('reads back as the same value, and holds nothing that HTML knows', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = embedJson(value);
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('cannot be ended early, and no entity in it is decoded', () => {
    const text = embedJson({ a: '</template><script>&lt;\u2028' });
    expect(text).toBe('{"a":"\\u003c/template\\u003e\\u003cscript\\u003e\\u0026lt;\\u2028"}');
  });

  it('has a value for nothing', () => {
    expect(embedJson(undefined)).toBe('null');
  });
});
