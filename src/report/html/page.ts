/** One report as one HTML file: complete without script, without network, on paper. */
import type { Report } from '../report.ts';
import { type Assets, loadAssets } from './assets.ts';
import { comparisonParts } from './comparison/page.ts';
import { html, type Markup, trusted } from './markup.ts';
import { renderPageData } from './page-data.ts';
import { runParts } from './run/page.ts';
import { type PageParts, renderContents, renderSection } from './section.ts';

/** `external`: style and script in files of their own, for hosts that forbid them inside of the page. */
export type AssetPlace = 'inline' | 'external';

export interface PageFiles {
  readonly html: string;
  /** Beside the page, by name; none for `inline`. */
  readonly assets: Readonly<Record<string, string>>;
}

/** The whole page in one text. Pure, but for reading style and script once. */
export function renderPage(report: Report): string {
  return renderPageFiles(report, 'inline').html;
}

/** The page, and the files that it needs beside itself: `report.css` and `report.js`, or none. */
export function renderPageFiles(report: Report, place: AssetPlace): PageFiles {
  const assets = loadAssets();
  const parts = report.kind === 'run' ? runParts(report) : comparisonParts(report);
  return {
    html: renderDocument(parts, place === 'inline' ? inline(assets) : EXTERNAL).text,
    assets: place === 'inline' ? {} : { 'report.css': assets.style.text, 'report.js': assets.script.text },
  };
}

/** The page of anything that has parts, in one text. */
export function renderParts(parts: PageParts): string {
  return renderDocument(parts, inline(loadAssets())).text;
}

interface Embedding {
  readonly policy: string;
  readonly style: Markup;
  readonly script: Markup;
}

function inline({ style, script }: Assets): Embedding {
  return {
    policy: policyOf(`'${style.hash}'`, `'${script.hash}'`),
    style: html`<style>${trusted(style.text)}</style>`,
    script: html`<script>${trusted(script.text)}</script>`,
  };
}

const EXTERNAL: Embedding = {
  policy: policyOf("'self'", "'self'"),
  style: html`<link rel="stylesheet" href="./report.css">`,
  script: html`<script src="./report.js" defer></script>`,
};

/** Nothing may be loaded, sent or embedded; only this style and this script take part. */
function policyOf(style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src ${style}`,
    `script-src ${script}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function renderDocument({ title, card, sections, charts }: PageParts, embedding: Embedding): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${embedding.policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="bpbench">
<title>${title}</title>
${embedding.style}
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<button type="button" class="theme" hidden>Theme</button>
<div class="frame">
${renderContents(sections)}<main id="main" tabindex="-1">
${card}${sections.map(renderSection)}</main>
</div>
<p id="live" class="visually-hidden" aria-live="polite"></p>
${renderPageData(charts)}${embedding.script}
</body>
</html>
`;
}
