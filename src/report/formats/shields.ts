import { badgeWordsOf } from './badge-words.ts';
import type { Format } from './format.ts';

/** As https://shields.io/badges/endpoint-badge describes it. */
export default {
  name: 'shields',
  extensions: ['.badge.json', '.shields.json'],
  summary: 'JSON for a badge by the endpoint of shields.io',
  isText: true,
  render(report) {
    const { label, message, color } = badgeWordsOf(report);
    const isError = color === 'red' || color === 'lightgrey';
    return `${JSON.stringify({ schemaVersion: 1, label, message, color, isError }, null, 2)}\n`;
  },
} satisfies Format;
