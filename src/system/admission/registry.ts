/** Every admission stage, in the order of lists: one line each, specimens last. */
import type { AdmissionDefinition } from './admission.ts';
import aimd from './aimd.ts';
import shadowcatAdmission from './as-written/shadowcat-admission.ts';
import shadowcatGauge from './as-written/shadowcat-gauge.ts';
import shadowcatLevels from './as-written/shadowcat-levels.ts';
import shadowcatMemoryCheck from './as-written/shadowcat-memory-check.ts';
import breaker from './breaker.ts';
import concurrencyStatic from './concurrency-static.ts';
import connLimit from './conn-limit.ts';
import deadline from './deadline.ts';
import gradient2 from './gradient2.ts';
import memReserve from './mem-reserve.ts';
import serviceLevel from './service-level.ts';
import tokenBucket from './token-bucket.ts';
import vegas from './vegas.ts';

export const ADMISSIONS = {
  'token-bucket': tokenBucket,
  'concurrency-static': concurrencyStatic,
  aimd,
  vegas,
  gradient2,
  breaker,
  deadline,
  'mem-reserve': memReserve,
  'service-level': serviceLevel,
  'conn-limit': connLimit,
  'as-written/shadowcat-admission': shadowcatAdmission,
  'as-written/shadowcat-memory-check': shadowcatMemoryCheck,
  'as-written/shadowcat-levels': shadowcatLevels,
  'as-written/shadowcat-gauge': shadowcatGauge,
} as const satisfies Record<string, AdmissionDefinition>;
