/** Raw data beside the page. */
import { basename } from 'node:path';
import { plainText } from '../../text.ts';
import { html } from '../markup.ts';
import type { Section } from '../section.ts';

const WHAT_IS_IN: Readonly<Record<string, string>> = {
  'record.json': 'everything on this page as data; its schema: bpbench schema record',
  'report.md': 'the same in Markdown, to paste',
  'timeline.ndjson': 'all samples, ten a second',
  'latency.hlog': 'HdrHistogram log, for any of its tools',
};

export function filesSection(files: readonly string[]): Section {
  const names = files.map((file) => plainText(basename(file))).filter((name) => name !== '' && name !== '..');
  return {
    id: 'files',
    title: 'Raw data',
    lead: null,
    content:
      names.length > 0 &&
      html`<ul class="files">
${names.map(
  (
    name,
  ) => html`<li><a href="./${encodeURIComponent(name)}">${name}</a>${Object.hasOwn(WHAT_IS_IN, name) && html` <span class="aside">${WHAT_IS_IN[name] ?? ''}</span>`}</li>
`,
)}</ul>
`,
  };
}
