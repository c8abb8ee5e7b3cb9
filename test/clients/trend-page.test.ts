/** The page of a trend in a browser: with and without script, in both themes, on every width, under attack. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderTrendPage } from '../../src/report/html/trend/page.ts';
import { createSeries, pointAt, reportOf } from '../report/trend/trends.ts';
import { type OwnBrowser, startChromium } from './chromium.ts';
import { describeWith } from './requirement.ts';

/** Pictures of the pages stay here, for people. */
const PICTURES = fileURLToPath(new URL('../../results/clients/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = [
  '"><script>window.isHurt = true</script><img src=x onerror="window.isHurt = true">',
  "' onclick='window.isHurt = true' </template></style></script></title>&lt;script&gt;",
  'x'.repeat(2000),
].join('');
const hosts = createSeries(8);
const PAGES = {
  '3 results': reportOf([createSeries(3)]),
  '30 results': reportOf([
    createSeries(30, 18),
    {
      ...hosts,
      strategy: 'block',
      points: hosts.points.map((point, at) => (at < 4 ? point : { ...point, host: 'M4, 10 cores' })),
    },
  ]),
  '200 results': reportOf([createSeries(200, 120)], { metric: 'all.p99' }),
  'no result': reportOf([], { unreadable: 1 }),
  'hostile results': reportOf(
    [
      {
        ...{ scenario: HOSTILE, strategy: HOSTILE, plan: '' },
        points: [1, 2, 3].map((at) =>
          pointAt(
            at,
            { p99: at },
            { commit: HOSTILE, host: `${HOSTILE}${at}`, leftOut: at === 2 ? HOSTILE : null },
          ),
        ),
      },
    ],
    { command: HOSTILE },
  ),
};

describeWith({ chromium: 'chromium', certutil: 'libnss3-tools' }, 'the page of a trend in Chromium', () => {
  let own: OwnBrowser;
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-trend-page-'));
  const urls = new Map<string, string>();

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    for (const [name, report] of Object.entries(PAGES)) {
      const path = join(folder, `${name.replaceAll(' ', '-')}.html`);
      writeFileSync(path, renderTrendPage(report));
      urls.set(name, pathToFileURL(path).href);
    }
    own = await startChromium();
  });
  afterAll(async () => {
    await own?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** `events`: what the page asked for beside itself, its errors, and whatever was written to the console. */
  async function visit(name: string, options: BrowserContextOptions = {}) {
    const context = await own.browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
    const page = await context.newPage();
    const events: string[] = [];
    page.on('request', (request) => events.push(request.url()));
    page.on('console', (message) => events.push(message.text()));
    page.on('pageerror', (error) => events.push(error.message));
    const url = urls.get(name) ?? '';
    await page.goto(url);
    const others = (): string[] => events.filter((event) => event !== url);
    return { page, others, [Symbol.asyncDispose]: () => context.close() };
  }

  const audit = async (page: Page): Promise<string[]> => {
    await page.evaluate(AXE);
    return await page.evaluate<string[]>(`axe.run().then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 160))))`);
  };

  it.each(
    Object.keys(PAGES).flatMap((name) => [[name, 1400, 'light'] as const, [name, 320, 'dark'] as const]),
  )(
    '%s, %i pixels, %s: axe finds no fault, nothing scrolls sideways, nothing is asked for',
    async (name, width, colorScheme) => {
      await using seen = await visit(name, { viewport: { width, height: 800 }, colorScheme });
      const { page } = seen;
      await page.screenshot({
        path: join(PICTURES, `trend-${name.replaceAll(' ', '-')}-${width}.png`),
        fullPage: true,
      });
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
      expect(
        await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      ).toBe(0);
      expect(await audit(page)).toEqual([]);
      expect(seen.others()).toEqual([]);
      expect(await page.evaluate('window.isHurt === true')).toBe(false);
      expect(await page.locator('img, script:not(:last-of-type), [onclick], [onerror]').count()).toBe(0);
    },
  );

  it('without script: every chart is a picture, every number is there, and no button that does nothing', async () => {
    await using seen = await visit('30 results', { javaScriptEnabled: false });
    const { page } = seen;
    expect(await page.locator('#series-1 figure svg[role=img]').count()).toBe(5);
    expect(await page.locator('#series-1 tbody tr:visible').count()).toBe(20);
    await page.getByText('10 older results').click();
    expect(await page.locator('#series-1 tbody tr:visible').count()).toBe(30);
    expect(await page.locator('button:visible').count()).toBe(0);
  });

  it('keyboard: a picture that is wider than the window can be reached', async () => {
    await using seen = await visit('200 results', { viewport: { width: 320, height: 800 } });
    const { page } = seen;
    const plot = page.locator('.plot').first();
    await plot.focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(`document.querySelector('.plot').scrollLeft > 0`);
  });

  it('on paper: light, with older results open and no button', async () => {
    await using seen = await visit('30 results', { colorScheme: 'dark' });
    await seen.page.emulateMedia({ media: 'print' });
    expect(await seen.page.locator('button:visible, nav:visible').count()).toBe(0);
    expect(await seen.page.locator('#series-1 tbody tr:visible').count()).toBe(30);
    expect(await seen.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
      'rgb(255, 255, 255)',
    );
  });
});
