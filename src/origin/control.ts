/** The messages between the conductor and the origin. */
import type { LatencySummary } from '../core/histogram.ts';

export interface OriginConfig {
  host: string;
  port: number;
  serviceTimeMs: number;
  bodyBytes: number;
}

export type ToOrigin = { type: 'start'; config: OriginConfig } | { type: 'report' } | { type: 'stop' };

export type FromOrigin =
  | { type: 'ready'; pid: number }
  | { type: 'listening'; url: string }
  /** `latency`: from the request's arrival to the end of its answer, as the origin saw it. */
  | { type: 'report'; requests: number; latency: LatencySummary };
