/** All formats. To add one: its file here, and one line below. */
import badge from './badge.ts';
import csv from './csv.ts';
import type { Format } from './format.ts';
import githubSummary from './github-summary.ts';
import hlog from './hlog.ts';
import html from './html.ts';
import json from './json.ts';
import junit from './junit.ts';
import markdown from './markdown.ts';
import ndjson from './ndjson.ts';
import openmetrics from './openmetrics.ts';
import openmetricsSeries from './openmetrics-series.ts';
import percentiles from './percentiles.ts';
import shields from './shields.ts';
import text from './text.ts';

export const FORMATS = {
  text,
  markdown,
  html,
  json,
  ndjson,
  csv,
  hlog,
  percentiles,
  openmetrics,
  'openmetrics-series': openmetricsSeries,
  junit,
  'github-summary': githubSummary,
  badge,
  shields,
} satisfies Record<string, Format>;

export const ALL_FORMATS: readonly Format[] = Object.values(FORMATS);
