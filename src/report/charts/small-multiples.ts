/** The same chart for several arms, on the same axes: only so can they be compared by eye. */
import type { Axis, Chart, PlotChart } from './chart.ts';

/** Plots get the axes that hold them all; charts of other kinds stay as they are. */
export function shareAxes(charts: readonly Chart[]): Chart[] {
  const plots = charts.filter((chart) => chart.kind === 'plot');
  const [first] = plots;
  if (first === undefined) return [...charts];
  const x = widest(plots.map((plot) => plot.x));
  const y = widest(plots.map((plot) => plot.y));
  const maxCount = Math.max(1, ...plots.map(({ heat }) => heat?.maxCount ?? 1));
  return charts.map((chart) => {
    if (chart.kind !== 'plot') return chart;
    const heat = chart.heat === null ? null : { ...chart.heat, maxCount };
    return { ...chart, heat, x: { ...chart.x, ...x }, y: { ...chart.y, ...y } } satisfies PlotChart;
  });
}

/** One scale and domain for all: a logarithmic one only where all of them are. */
function widest(axes: readonly Axis[]): Pick<Axis, 'min' | 'max' | 'scale'> {
  const min = Math.min(...axes.map((axis) => axis.min));
  const max = Math.max(...axes.map((axis) => axis.max));
  const [first] = axes;
  const scale = axes.every((axis) => axis.scale === first?.scale) ? (first?.scale ?? 'linear') : 'linear';
  return { min, max, scale };
}
