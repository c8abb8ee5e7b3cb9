/** The lines of `timeline.ndjson` as schemas, equal to `timeline-row.ts`: a type test keeps them so. */
import { z } from 'zod';
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import { wallTime } from './record-schema.ts';
import { TIMELINE_VERSION } from './timeline-row.ts';

const boundary = z.enum(BOUNDARY_NAMES);
const text = z.string();
const number = z.number();
const numberOrNull = number.nullable();

export const timelineHeaderSchema = z
  .object({
    timelineVersion: z.literal(TIMELINE_VERSION),
    id: text,
    scenario: text,
    strategy: text,
    startedAt: wallTime,
    seed: number,
  })
  .describe('the first line');

export const timelineRowSchema = z
  .object({
    tMs: number.describe("since the run's epoch"),
    phase: text.nullable(),
    offered: numberOrNull.describe('running total; null where nobody could tell'),
    delivered: number.describe('running total'),
    dropped: z.partialRecord(boundary, number).describe('running totals'),
    queue: z.partialRecord(
      boundary,
      z.object({ items: number, maxItems: number, bytes: number, waiters: number, blockedMs: number }),
    ),
    connections: number,
    rejected: number,
    inFlight: number,
    tasks: numberOrNull,
    rssBytes: numberOrNull,
    accountedBytes: numberOrNull,
    latencyMs: z
      .record(text, z.object({ count: number, p50: number, p99: number, max: number }))
      .nullable()
      .describe('response times by group since the line before; null until the next interval is known'),
    slipP99Ms: number,
  })
  .describe('any other line');

/** JSON Schema 2020-12 of one line. Unknown keys are allowed, so that a reader survives what is added later. */
export function timelineJsonSchema(): object {
  return {
    title: 'bpbench timeline line',
    description: 'One line of timeline.ndjson: first the header, then one object for each moment.',
    ...z.toJSONSchema(z.union([timelineHeaderSchema, timelineRowSchema]), {
      target: 'draft-2020-12',
      io: 'input',
    }),
  };
}
