/** Which URLs load may go to, and for what. */
import { describe, expect, it } from 'vitest';
import { resolveTargets } from '../../src/conductor/target-guard.ts';

const AT = '127.0.0.1:3000';

describe('targets', () => {
  it('are told apart by their scheme', async () => {
    const urls = [
      `http://${AT}/`,
      `sse+http://${AT}/events`,
      `ws://${AT}/ws`,
      `publish+http://${AT}/publish`,
    ];
    expect(await resolveTargets(urls, [])).toEqual({
      urls: { proxy: `http://${AT}/`, sse: `http://${AT}/events`, ws: `ws://${AT}/ws` },
      publishUrl: `http://${AT}/publish`,
    });
    expect((await resolveTargets([`http://${AT}/`], [])).publishUrl).toBeNull();
  });

  it.each([
    [['ftp://127.0.0.1/'], /--target expects a URL with one of .*publish\+http/],
    [['events'], /got 'events'/],
    [[`http://${AT}/`, `http://${AT}/x`], /two URLs for the proxy path/],
    [[`publish+http://${AT}/publish`], /nobody would read them/],
    [[`publish+http://${AT}/publish`, `http://${AT}/`], /nobody would read them/],
    [['publish+http://192.0.2.1/publish', `ws://${AT}/`], /192\.0\.2\.1 is not on this machine/],
  ])('%j is refused', async (urls, message) => {
    await expect(resolveTargets(urls, [])).rejects.toThrow(message);
  });

  it('may be elsewhere where that host is named', async () => {
    const { urls } = await resolveTargets(['http://192.0.2.1/'], ['192.0.2.1']);
    expect(urls.proxy).toBe('http://192.0.2.1/');
  });
});
