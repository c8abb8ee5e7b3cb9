/** A browser that loads a page through the forward proxy and listens to both kinds of streams. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChromium } from './chromium.ts';
import type { TestOrigin } from './origin.ts';
import { PAGE_COUNT } from './page.ts';
import { type Proxied, startProxied } from './proxied.ts';
import { describeWith } from './requirement.ts';

/** Pictures of the pages stay here, for people. */
const PICTURES = fileURLToPath(new URL('../../results/clients/', import.meta.url));
const NUMBERS = Array.from({ length: PAGE_COUNT }, (_, at) => at + 1);
const NEEDED = { chromium: 'chromium', certutil: 'libnss3-tools', openssl: 'openssl' };

/** What the page says it received. */
interface PageSeen {
  events: [number, number][];
  messages: number[];
  errors: string[];
  close: [number, string];
}

describeWith(NEEDED, 'Chromium through the forward proxy', () => {
  let proxied: Proxied;
  beforeAll(async () => {
    proxied = await startProxied();
    mkdirSync(PICTURES, { recursive: true });
  });
  afterAll(() => proxied?.[Symbol.asyncDispose]());

  it.each([
    ['HTTP', () => proxied.plain],
    ['intercepted HTTPS', () => proxied.secure],
  ])('%s: the page is complete, no event and no message lost or out of order', async (name, originOf) => {
    const seen = await visit(originOf(), name);
    expect(seen.events).toEqual(NUMBERS.map((number) => [number, number]));
    expect(seen.messages).toEqual(NUMBERS);
    expect(seen.errors).toEqual([]);
    expect(seen.close).toEqual([1000, 'thanks']);
    await proxied.allReleased();
  });

  async function visit(origin: TestOrigin, name: string): Promise<PageSeen> {
    await using own = await startChromium({ proxyUrl: proxied.addresses.proxyUrl, ca: proxied.ca });
    const page = await own.browser.newPage({ viewport: { width: 640, height: 400 } });
    await load(page, origin, name);
    return await page.evaluate<PageSeen>('window.seen'); // before the browser ends
  }

  it('intercepted HTTPS: without the CA the page is refused', async () => {
    await using own = await startChromium({ proxyUrl: proxied.addresses.proxyUrl });
    const page = await own.browser.newPage();
    await expect(page.goto(`${proxied.secure.url}/page`)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
  });
});

async function load(page: Page, origin: TestOrigin, name: string): Promise<void> {
  const answer = await page.goto(`${origin.url}/page`);
  expect(answer?.status()).toBe(200);
  // The proof that the proxy, and not the origin, spoke with the browser.
  const issuer = (await answer?.securityDetails())?.issuer;
  if (origin.url.startsWith('https:')) expect(issuer).not.toBe('origin CA');
  expect(answer?.headers()['via']).toMatch(/^1\.1 bpbench/);
  try {
    await page.waitForSelector('#done', { timeout: 10_000 });
  } finally {
    await page.screenshot({ path: join(PICTURES, `${name.replaceAll(' ', '-')}.png`) });
  }
}
