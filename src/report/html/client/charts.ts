/** Makes the charts of the page interactive, each when it comes near the window. */
import { ChartGroup } from './chart-group.ts';
import type { ClientChart, ClientData } from './client-data.ts';
import { InteractiveChart } from './interactive-chart.ts';
import { say } from './live-line.ts';
import { onThemeChange } from './theme.ts';

/** How far outside the window a chart is prepared. */
const AHEAD = '400px';

export async function startCharts(): Promise<void> {
  const template = document.querySelector<HTMLTemplateElement>('#bpb-data');
  if (template === null) return;
  const data = await readData(template);
  const drawn: InteractiveChart[] = [];
  /** Charts with the same kind of x axis share their cursor. */
  const groups = new Map<string, ChartGroup>();
  const draw = (plot: HTMLElement, chart: ClientChart): void => {
    const group = groups.get(chart.x.scale) ?? new ChartGroup();
    groups.set(chart.x.scale, group);
    drawn.push(new InteractiveChart(plot, chart, data.xs, group));
  };
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting || !(target instanceof HTMLElement)) continue;
        watch.unobserve(target);
        const chart = data.charts[target.dataset['chart'] ?? ''];
        if (chart !== undefined) draw(target, chart);
      }
    },
    { rootMargin: AHEAD },
  );
  for (const plot of document.querySelectorAll<HTMLElement>('.plot[data-chart]')) {
    const id = plot.dataset['chart'] ?? '';
    if (Object.hasOwn(data.charts, id)) watch.observe(plot);
  }
  onThemeChange(() => {
    for (const chart of drawn) chart.redraw();
  });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const group of groups.values()) group.reset();
    say('');
  });
}

async function readData(template: HTMLTemplateElement): Promise<ClientData> {
  const text = template.content.textContent ?? '';
  if (template.dataset['encoding'] !== 'gzip') return JSON.parse(text) as ClientData;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(unpacked).json()) as ClientData;
}
