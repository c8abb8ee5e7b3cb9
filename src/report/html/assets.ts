/** Style and script of the page: read once, the same for every page. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundleModules } from './bundle.ts';

export interface Asset {
  readonly text: string;
  /** For a content security policy: `sha256-…`. */
  readonly hash: string;
}

export interface Assets {
  readonly style: Asset;
  readonly script: Asset;
}

const STYLES = ['base.css', 'parts.css', 'charts.css', 'print.css'];

let assets: Assets | undefined;

export function loadAssets(): Assets {
  assets ??= { style: toAsset(readStyle()), script: toAsset(readScript()) };
  return assets;
}

function readStyle(): string {
  const own = STYLES.map((name) => readFileSync(new URL(`./style/${name}`, import.meta.url), 'utf8'));
  return [readUplot('dist/uPlot.min.css').trim(), ...own].join('\n');
}

/** uPlot under its licence, then the page's own script. */
function readScript(): string {
  const licence = readUplot('LICENSE').trim().replaceAll('*/', '* /');
  const uplot = readUplot('dist/uPlot.iife.min.js').trim();
  return `/*! uPlot\n${licence}\n*/\n${uplot}\n${bundleModules(new URL('./client/page.ts', import.meta.url))}`;
}

/** The door to uPlot. */
function readUplot(file: string): string {
  const folder = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  return readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
}

/** What would end the element early cannot be in what we wrote; better an error than a page that is cut in half. */
function toAsset(text: string): Asset {
  if (/<\/(?:script|style)/i.test(text))
    throw new Error('an asset of the page holds the end of its own element');
  return { text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` };
}
