/** Every gate, in the order in which they are played: one line each. */
import { erlangB, tokenBucket } from './admission.ts';
import { age, keyAge } from './age.ts';
import { priority, reserve } from './classes.ts';
import { codel } from './codel.ts';
import type { Gate } from './gate.ts';
import { generator } from './generator.ts';
import { histogram } from './histogram.ts';
import { determinism, ledger } from './integrity.ts';
import { lifo, pushOut } from './push-out.ts';
import { ringLag } from './ring.ts';
import { shaping } from './shaping.ts';
import { md1k, mm1k } from './single-server.ts';
import { specimens } from './specimens.ts';

export const GATES: readonly Gate[] = [
  generator,
  ledger,
  determinism,
  specimens,
  mm1k,
  md1k,
  erlangB,
  tokenBucket,
  priority,
  reserve,
  pushOut,
  lifo,
  age,
  keyAge,
  shaping,
  codel,
  ringLag,
  histogram,
];
