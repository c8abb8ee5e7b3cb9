/** What the page's script gets: charts as they were drawn, numbers shortened. */
import type { Axis, Heat, Rule, Span } from '../../charts/chart.ts';

/** `inf` is what never came: drawn at the upper edge. */
export type ClientValue = number | 'inf' | null;

export interface ClientSeries {
  name: string;
  color: number;
  isSolid: boolean;
  isStep: boolean;
  isThin: boolean;
  /** Place of its x values in {@link ClientData.xs}. */
  xs: number;
  ys: ClientValue[];
}

export interface ClientBand {
  /** That of the series around which it lies. */
  name: string;
  color: number;
  hasEdges: boolean;
  xs: number;
  low: ClientValue[];
  high: ClientValue[];
}

export interface ClientChart {
  title: string;
  x: Axis;
  y: Axis;
  series: ClientSeries[];
  bands: ClientBand[];
  spans: readonly Span[];
  rules: readonly Rule[];
  heat: Heat | null;
}

export interface ClientData {
  xs: (readonly number[])[];
  /** By the id of the figure. */
  charts: Record<string, ClientChart>;
}
