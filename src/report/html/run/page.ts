/** One run: verdict and doubt before any number, then what happened, then what it takes to repeat it. */

import type { Chart } from '../../charts/chart.ts';
import { runCharts } from '../../charts/run-charts.ts';
import type { RunReport } from '../../report.ts';
import { plainText } from '../../text.ts';
import { renderFigures } from '../figure.ts';
import { readingSection } from '../reading.ts';
import { keepFilled, type PageParts, type Section } from '../section.ts';
import { renderRunCard } from './card.ts';
import { checksSection } from './checks.ts';
import { clientsSection } from './clients.ts';
import { filesSection } from './files.ts';
import { findingsSection } from './findings.ts';
import { queuesSection } from './queues.ts';
import { stallsSection } from './stalls.ts';
import { environmentSection, phasesSection, predictionsSection } from './tables.ts';
import { validitySection } from './validity.ts';

export function runParts(report: RunReport): PageParts {
  const { record, problems } = report;
  const charts = runCharts(report);
  const { latency, age, queues, losses, rates, bytes, memory, tasks } = charts;
  const overTime = [rates, latency, age, queues, losses, bytes, memory, tasks];
  const distribution = [charts.percentiles, ...charts.heatMaps];
  const all = [...overTime, ...distribution, charts.ledger, ...charts.waits];
  const others = keepFilled([
    stallsSection(record, charts.waits),
    clientsSection(record),
    figures(
      'over-time',
      'Over time',
      'All on one time axis: point at one chart to read all of them at that moment.',
      overTime,
    ),
    figures('latency-distribution', 'Latency', null, distribution),
    queuesSection(record),
    figures('ledgers', 'Ledger', null, [charts.ledger]),
    phasesSection(record),
    predictionsSection(record),
    environmentSection(record),
    filesSection(record.files),
    readingSection('run'),
  ]);
  const titles = new Map([
    ...others.map(({ id, title }): [string, string] => [id, title]),
    ...all.map((chart): [string, string] => [chart.id, chart.title]),
  ]);
  return {
    title: plainText(`${record.scenario.name} · ${record.strategyName} · bpbench`),
    card: renderRunCard(record, problems),
    sections: [
      ...keepFilled([
        validitySection(record),
        checksSection(record),
        findingsSection(record.findings, titles),
      ]),
      ...others,
    ],
    charts: new Map(all.map((chart) => [chart.id, chart])),
  };
}

function figures(id: string, title: string, lead: string | null, charts: readonly Chart[]): Section {
  return { id, title, lead, content: renderFigures(charts) };
}
