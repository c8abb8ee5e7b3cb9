import { describe, expect, it } from 'vitest';
import { BodyPreview, isDisplayable, textBytes } from '../../../src/system/proxy/preview.ts';

describe('a preview', () => {
  it.each([
    'text/html; charset=utf-8',
    'application/json',
    'Application/JSON',
    'application/problem+json',
    'image/svg+xml',
    'application/x-www-form-urlencoded',
    'application/graphql',
    'text/javascript',
  ])('is taken of %s', (type) => {
    expect(isDisplayable(type)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'image/png',
    'application/octet-stream',
    'application/jsonx',
    'multipart/form-data',
    'json',
  ])('is not taken of %s', (type) => {
    expect(isDisplayable(type)).toBe(false);
  });

  it.each([
    [['abc'], 8, 'abc'],
    [['abcd', 'efgh'], 8, 'abcdefgh'],
    [['abcd', 'efgh', 'i'], 8, 'abcdefgh...'],
    [['1234567€'], 8, '1234567...'],
    [['12345€'], 8, '12345€'],
    [['1234', '567\u{1f600}'], 8, '1234567...'],
    [[''], 8, null],
  ] as const)('of %j with %i bytes is %j', (chunks, limit, text) => {
    const preview = new BodyPreview(limit);
    for (const chunk of chunks) preview.add(Buffer.from(chunk));
    expect(preview.text).toBe(text);
  });

  it('keeps a copy: the chunk may be used again', () => {
    const preview = new BodyPreview(4096);
    const chunk = Buffer.from('first');
    preview.add(chunk);
    chunk.fill('x');
    expect(preview.text).toBe('first');
  });

  it('grows to its limit and no further', () => {
    const preview = new BodyPreview(3000);
    for (let i = 0; i < 100; i++) preview.add(Buffer.alloc(100, 'y'));
    expect(preview.text).toBe(`${'y'.repeat(3000)}...`);
    expect(textBytes(preview.text)).toBe(3003);
    expect(textBytes('a€')).toBe(4);
  });
});
