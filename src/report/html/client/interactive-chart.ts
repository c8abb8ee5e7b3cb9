/** One chart with a cursor and zoom, in place of its static picture, which stays for paper. */
import type UPlot from 'uplot';
import type { ChartGroup, GroupMember, Range } from './chart-group.ts';
import { alignData, createOptions, type Size } from './chart-options.ts';
import type { ClientChart } from './client-data.ts';
import { say } from './live-line.ts';
import { nearest, Readout } from './readout.ts';

declare const uPlot: typeof UPlot;

const MIN_HEIGHT_PX = 180;
/** What two lines of names and values take of the height that the picture had. */
const READOUT_PX = 44;
const LONG_STEP = 10;

export class InteractiveChart implements GroupMember {
  readonly #chart: ClientChart;
  readonly #group: ChartGroup;
  readonly #readout: Readout;
  readonly #u: UPlot;
  readonly #reset: HTMLButtonElement;
  /** Where the keyboard's cursor stands, by point of the table. */
  #at: number | null = null;

  constructor(
    plot: HTMLElement,
    chart: ClientChart,
    pool: readonly (readonly number[])[],
    group: ChartGroup,
  ) {
    this.#chart = chart;
    this.#group = group;
    this.#readout = new Readout(chart, pool);
    this.#reset = this.#createReset();
    const canvas = document.createElement('div');
    canvas.className = 'canvas';
    const heightPx = plot.getBoundingClientRect().height;
    plot.append(this.#readout.element, canvas, this.#reset);
    plot.classList.add('is-interactive');
    const measure = (): Size => ({
      width: canvas.clientWidth,
      height: Math.max(MIN_HEIGHT_PX, Math.round(heightPx - READOUT_PX)),
    });
    const size = measure();
    this.#u = new uPlot(createOptions(chart, size, this.#hooks()), alignData(chart, pool), canvas);
    plot.tabIndex = 0;
    plot.setAttribute('role', 'application');
    plot.setAttribute('aria-roledescription', 'interactive chart');
    plot.setAttribute('aria-label', `${chart.title}: arrow keys read values, + and - zoom, Escape ends`);
    plot.addEventListener('keydown', (event) => this.#onKey(event));
    plot.addEventListener('blur', () => this.#group.moveTo(null));
    new ResizeObserver(() => {
      if (canvas.clientWidth > 0 && canvas.clientWidth !== this.#u.width) {
        this.#u.setSize({ width: canvas.clientWidth, height: size.height });
      }
    }).observe(canvas);
    group.add(this);
  }

  redraw(): void {
    this.#u.redraw(false);
  }

  showCursor(x: number | null): void {
    const { min, max } = this.#u.scales['x'] ?? {};
    const isInside = x !== null && x >= (min ?? 0) && x <= (max ?? 0);
    const left = isInside ? this.#u.valToPos(x, 'x') : -10;
    this.#u.setCursor({ left, top: isInside ? 0 : -10 }, false);
    this.#readout.show(isInside ? x : null);
  }

  showRange(range: Range | null): void {
    const { min, max } = this.#chart.x;
    this.#u.setScale('x', range === null ? { min, max } : { min: range.min, max: range.max });
    this.#reset.hidden = range === null;
  }

  #hooks(): UPlot.Hooks.Arrays {
    return {
      setCursor: [
        (u) => {
          // Only what a pointer did; what the group or a key did comes from there.
          if (u.cursor.event === undefined || u.cursor.event === null) return;
          const { left = -1 } = u.cursor;
          this.#at = null;
          this.#group.moveTo(left < 0 ? null : u.posToVal(left, 'x'));
        },
      ],
      setSelect: [
        (u) => {
          if (u.select.width === 0) return;
          const range = {
            min: u.posToVal(u.select.left, 'x'),
            max: u.posToVal(u.select.left + u.select.width, 'x'),
          };
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          this.#group.zoomTo(range);
        },
      ],
      ready: [(u) => u.over.addEventListener('dblclick', () => this.#group.zoomTo(null))],
    };
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? LONG_STEP : 1;
    if (event.key === 'ArrowRight') this.#step(step);
    else if (event.key === 'ArrowLeft') this.#step(-step);
    else if (event.key === 'Home') this.#step(Number.NEGATIVE_INFINITY);
    else if (event.key === 'End') this.#step(Number.POSITIVE_INFINITY);
    else if (event.key === '+' || event.key === '=') this.#zoom(0.5);
    else if (event.key === '-') this.#zoom(2);
    else return;
    event.preventDefault();
  }

  #step(by: number): void {
    const xs = this.#u.data[0] as readonly number[];
    const { min = 0, max = 0 } = this.#u.scales['x'] ?? {};
    const first = xs.findIndex((x) => x >= min);
    const last = xs.findLastIndex((x) => x <= max);
    if (first < 0 || last < first) return;
    const from = this.#at ?? (by > 0 ? first - 1 : last + 1);
    this.#at = Math.min(last, Math.max(first, from + by));
    const x = xs[this.#at] ?? 0;
    this.#group.moveTo(x);
    say(this.#readout.describe(x));
  }

  /** Around the cursor, or the middle. */
  #zoom(factor: number): void {
    const { min = 0, max = 0 } = this.#u.scales['x'] ?? {};
    const whole = this.#chart.x;
    const xs = this.#u.data[0] as readonly number[];
    const center = this.#at === null ? (min + max) / 2 : (xs[this.#at] ?? min);
    const half = ((max - min) * factor) / 2;
    const range = { min: Math.max(whole.min, center - half), max: Math.min(whole.max, center + half) };
    // Closer than two points there is nothing more to see.
    if (factor < 1 && nearest(xs, range.max) - nearest(xs, range.min) < 2) return;
    const isWhole = range.min <= whole.min && range.max >= whole.max;
    this.#group.zoomTo(isWhole ? null : range);
  }

  #createReset(): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'reset';
    button.textContent = 'Show all';
    button.hidden = true;
    button.addEventListener('click', () => this.#group.zoomTo(null));
    return button;
  }
}
