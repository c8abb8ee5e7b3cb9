import { renderComparison } from '../terminal-comparison.ts';
import { renderSummary } from '../terminal-summary.ts';
import { thinTimeline } from '../thin-timeline.ts';
import type { Format } from './format.ts';

const PLAIN = { width: 100, color: false, unicode: true } as const;

export default {
  name: 'text',
  extensions: ['.txt'],
  summary: 'what the terminal shows, 100 columns wide and without colour',
  isText: true,
  render(report) {
    if (report.kind === 'comparison') return renderComparison(report, PLAIN);
    const { record, timeline, folder } = report;
    return renderSummary(record, {
      ...PLAIN,
      timeline: thinTimeline(timeline),
      ...(folder === null ? {} : { folder }),
    });
  },
} satisfies Format;
