/**
 * A chart before it is drawn: what it shows, in the units of its axes, and the sentence that says it in words. Charts are
 * made from a report, and drawn by `svg.ts` or by whoever else reads this; so both show the same numbers.
 *
 * Everything here is plain text and plain numbers: who writes it into a document escapes it (`escape.ts`).
 */

export type Chart = PlotChart | ForestChart | FlowChart | GraphChart | EmptyChart;

interface ChartParts {
  /** Unique among the charts of one report, and fit for an HTML id: `queue-depth`. */
  readonly id: string;
  readonly title: string;
  /** What the data say, in a sentence or two, made from them: `p99 of sse fast rises from 12 to 48 ms at 31 s.` */
  readonly caption: string;
  /** The plotted numbers for people who do not see the picture; long series are summarised. */
  readonly table: ChartTable | null;
}

export interface ChartTable {
  /** `isNumber`: set flush right, with figures of equal width. Headers name the unit. */
  readonly columns: readonly { readonly header: string; readonly isNumber: boolean }[];
  /** Cells as they are to be read; nothing known is the empty text. */
  readonly rows: readonly (readonly string[])[];
  /** What a row stands for, where it is not plain: `largest value of each 10 s`. */
  readonly note: string | null;
}

/** There is nothing to draw; `caption` says why. Shown as a sentence, never as an empty frame. */
export interface EmptyChart extends ChartParts {
  readonly kind: 'empty';
}

/** Everything with an x and a y axis. */
export interface PlotChart extends ChartParts {
  readonly kind: 'plot';
  readonly x: Axis;
  readonly y: Axis;
  /** Drawn in this order, over bands and cells. */
  readonly series: readonly Series[];
  readonly bands: readonly Band[];
  readonly spans: readonly Span[];
  readonly rules: readonly Rule[];
  readonly heat: Heat | null;
}

/**
 * `time`: milliseconds, labelled in s, min or h. `percentile`: log10(1/(1-p)), labelled as percentages: 2 is 99 %.
 * `category`: whole numbers from 0, labelled with `categories`.
 */
export type ScaleKind = 'linear' | 'log' | 'time' | 'percentile' | 'category';

/** What the numbers are, which decides how they are written. `share`: 0.05 is 5 %. `date`: wall time in ms. */
export type Unit = 'ms' | 'bytes' | 'items' | 'perSec' | 'share' | 'count' | 'margins' | 'date' | 'none';

export interface Axis {
  /** Without the unit: `age at the consumer`. */
  readonly label: string;
  readonly unit: Unit;
  readonly scale: ScaleKind;
  /** The part of the axis that is shown; `min` < `max`, and above 0 on a `log` scale. */
  readonly min: number;
  readonly max: number;
  /** Labels of a `category` scale. */
  readonly categories?: readonly string[];
}

/** How a series or band is told apart: index into the palette, which gives its colour and its dash pattern. */
export type ColorIndex = number;

export interface Series {
  /** Written beside its line. */
  readonly name: string;
  readonly color: ColorIndex;
  /** Default: the dash pattern of its colour. */
  readonly dash?: 'solid';
  /** `step`: a value holds until the next. `dots`: points that are not joined. `line-dots`: both. */
  readonly shape: 'line' | 'step' | 'dots' | 'line-dots';
  /** `thin` for what stands beside the main one: a median under its p99. */
  readonly weight: 'strong' | 'thin';
  /** Whether its name is written beside it; default true. Of many equal ones only one needs to be. */
  readonly isLabelled?: boolean;
  /** Rising. Series of one chart that share their times share this very array. */
  readonly xs: readonly number[];
  /** As many as `xs`. `null` is a gap; `Infinity` is drawn at the upper edge and marked as infinite. */
  readonly ys: readonly (number | null)[];
  /** Names of single points, by index; only for a few. */
  readonly pointLabels?: readonly (string | null)[];
}

/** The area between two lines, in the colour of its series; where it ends at `Infinity`, so does the plot. */
export interface Band {
  readonly name: string;
  readonly color: ColorIndex;
  /** Thin lines around it, dashed like its series, where no series is its edge; default false. */
  readonly hasEdges?: boolean;
  readonly xs: readonly number[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/**
 * A part of the x axis. `phase` is named above the plot; `unmeasured` (warm-up, drain) and `unsupported` (too few
 * samples) are grey; `stall` and `fault` are tinted and named; `margin` is the
 * zone in which a change does not matter.
 */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly tone: 'phase' | 'unmeasured' | 'unsupported' | 'stall' | 'fault' | 'margin';
}

/** A line across the plot, at one value of one axis, with its name: a capacity, a deadline, a change point. */
export interface Rule {
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly label: string;
  readonly tone: 'limit' | 'mark' | 'zero';
  /** Default: the colour of text. */
  readonly color?: ColorIndex;
}

/** Columns of counts on the chart's own axes. A cell is drawn lighter (cividis) by the logarithm of its count. */
export interface Heat {
  readonly name: string;
  /** Edges of the columns on the x axis: one more than columns; rising. */
  readonly xEdges: readonly number[];
  /** Edges of the rows on the y axis: one more than rows; rising. */
  readonly yEdges: readonly number[];
  /** By column, then by row from the bottom; 0 is left out. */
  readonly counts: readonly (readonly number[])[];
  readonly maxCount: number;
}

/** Intervals against margins, each row on its own margin: 1 is the margin, positive is worse. */
export interface ForestChart extends ChartParts {
  readonly kind: 'forest';
  readonly rows: readonly ForestRow[];
  /** The axis goes from minus this to plus this; what lies outside ends in an arrow. */
  readonly maxMargins: number;
}

export interface ForestRow {
  readonly metric: string;
  readonly arm: string;
  readonly color: ColorIndex;
  /** In margins; `null`: nobody could tell. Infinite where an arm never served so much. */
  readonly low: number | null;
  readonly high: number | null;
  readonly estimate: number | null;
  /** The estimate and its interval as people read them: `+18.4 % [+12.9, +24.2]`. */
  readonly value: string;
  readonly verdict: 'better' | 'worse' | 'same' | 'inconclusive' | 'invalid';
  /** Why it is inconclusive or invalid, in a word. */
  readonly reason: string | null;
}

/** What became of what was offered; widths are true to the values. */
export interface FlowChart extends ChartParts {
  readonly kind: 'flow';
  readonly nodes: readonly FlowNode[];
  readonly links: readonly { readonly from: string; readonly to: string; readonly value: number }[];
}

export interface FlowNode {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  /** From left to right, from 0. */
  readonly column: number;
  readonly tone: 'source' | 'delivered' | 'lost' | 'coalesced' | 'waiting' | 'unaccounted';
}

/** Who waits for what. */
export interface GraphChart extends ChartParts {
  readonly kind: 'graph';
  readonly nodes: readonly {
    readonly id: string;
    readonly label: string;
    /** Those of the cycle stand on a circle, in its order; the others beside those that they wait for. */
    readonly cyclePlace: number | null;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    /** What is waited for, and for how long. */
    readonly label: string;
    readonly isInCycle: boolean;
  }[];
}
