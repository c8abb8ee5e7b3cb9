import type { Stall } from '../../../core/record.ts';
import type { Chart, GraphChart } from '../chart.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';

/** More boxes cannot be read. */
const MAX_NODES = 14;

/** Who waited for what in one stall; `number` is its place in the record, from 1. */
export function waitGraph(stall: Stall, number: number): Chart {
  const id = `wait-graph-${number}`;
  const title = `Who waited for what, stall ${number}`;
  const cycle = [...new Set(stall.cycle)];
  const names = new Set(cycle);
  for (const { who, freedBy } of stall.waitsFor) {
    for (const name of [who, ...freedBy]) names.add(name);
  }
  const shown = [...names].slice(0, Math.max(MAX_NODES, Math.min(cycle.length, 24)));
  const isShown = new Set(shown);
  const ids = new Map(shown.map((name, at) => [name, `n${at}`] as const));
  const nextInCycle = new Map(cycle.map((name, at) => [name, cycle[(at + 1) % cycle.length]] as const));
  const edges: GraphChart['edges'][number][] = [];
  for (const { who, what, freedBy, ageMs } of stall.waitsFor) {
    for (const target of freedBy) {
      const [from, to] = [ids.get(who), ids.get(target)];
      if (from === undefined || to === undefined) continue;
      const label = `${shortName(who, 60)} waits for ${shortName(what, 80)} (${shortName(target, 60)}), ${formatNumber(ageMs, 'ms')}`;
      edges.push({ from, to, label, isInCycle: nextInCycle.get(who) === target });
    }
  }
  // A cycle of which the waits were not recorded is a cycle all the same.
  for (const [who, next] of nextInCycle) {
    const [from, to] = [ids.get(who), ids.get(next ?? '')];
    if (from === undefined || to === undefined) continue;
    if (edges.some((edge) => edge.from === from && edge.to === to)) continue;
    edges.push({
      from,
      to,
      label: `${shortName(who, 60)} waits for ${shortName(next ?? '', 60)}`,
      isInCycle: true,
    });
  }
  if (edges.length === 0) return emptyChart(id, title, `${stall.summary} Who waited for whom is not known.`);
  const left = names.size - isShown.size;
  const more = left > 0 ? ` ${left} more are not drawn.` : '';
  const closing =
    cycle.length > 0
      ? `Each waits for the next: ${[...cycle, cycle[0] ?? ''].map((name) => shortName(name)).join(' → ')}.`
      : 'Nobody waits for himself in the end.';
  return {
    ...{ kind: 'graph', id, title, edges },
    caption: `From ${formatMoment(stall.startedMs)} on, for ${formatNumber(stall.durationMs, 'ms')}. ${closing}${more}`,
    nodes: shown.map((name, at) => ({
      id: `n${at}`,
      label: shortName(name),
      cyclePlace: cycle.includes(name) ? cycle.indexOf(name) : null,
    })),
    // The waits stand as a list in the picture, and the page tells them again.
    table: null,
  };
}
