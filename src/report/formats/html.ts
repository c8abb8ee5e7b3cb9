import { renderPage } from '../html/page.ts';
import type { Format } from './format.ts';

/** The page that people look at: one file, complete without script and without network. */
export default {
  name: 'html',
  extensions: ['.html', '.htm'],
  summary: 'one offline page with charts, for people',
  isText: true,
  render: renderPage,
} satisfies Format;
