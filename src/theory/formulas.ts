/** All formulas by name, as one value: what is checked against them can be handed another set. */
import { coalesceAgeSec, latestAgeSec, noBufferAgeSec, oneSlotAgeSec, perKeyAgeSec } from './age.ts';
import { cobhamWaitsSec, reserveLoss } from './classes.ts';
import { codelServiceTransient, codelTransient } from './codel.ts';
import { md1k, tokenBucketRefusalRatio } from './fixed-service.ts';
import { erlangB } from './many-servers.ts';
import { lifoWaitSec, pushOutWaitSec } from './push-out.ts';
import { ringLag } from './ring.ts';
import { batch, debounce, sampleEmissionsPerSec } from './shaping.ts';
import { exponentialPercentile, mm1k } from './single-server.ts';

export const FORMULAS = {
  batch,
  coalesceAgeSec,
  cobhamWaitsSec,
  codelServiceTransient,
  codelTransient,
  debounce,
  erlangB,
  exponentialPercentile,
  latestAgeSec,
  lifoWaitSec,
  md1k,
  mm1k,
  noBufferAgeSec,
  oneSlotAgeSec,
  perKeyAgeSec,
  pushOutWaitSec,
  reserveLoss,
  ringLag,
  sampleEmissionsPerSec,
  tokenBucketRefusalRatio,
};

export type Formulas = typeof FORMULAS;
