/** The baseline file, `*.bpbaseline.json`: the runs that somebody has accepted as what is to be kept. */
import type { Arm, ArmRun, ComparisonRecord, MetricSpec } from '../core/comparison.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { Environment } from '../core/record.ts';

export const BASELINE_SCHEMA_VERSION = 1;

export interface Baseline {
  schemaVersion: typeof BASELINE_SCHEMA_VERSION;
  kind: 'baseline';
  /** ISO 8601. */
  createdAt: string;
  acceptedBy: string;
  reason: string;
  /** Of the comparison that it was made from. */
  source: { id: string; command: string; bpbench: string; gitCommit: string | null };
  plan: { hash: string; scenario: ScenarioPlan };
  design: Pick<ComparisonRecord['design'], 'type' | 'blocks' | 'order' | 'attempt'> & { seed: number };
  environment: Environment & { fingerprint: string };
  /** The arm that only shows how fast the host was, and is played again beside what is compared; `null` for none. */
  calibration: string | null;
  arms: Arm[];
  metrics: MetricSpec[];
  /** Every run with its values, never means; rejected ones with the reason. */
  runs: ArmRun[];
  /** Standard deviation of one run, on the scale of the metric, over the runs of the first arm. */
  noise: Record<string, { sd: number; n: number }>;
  /** Over everything else in canonical form: shows a file that was edited by hand. No proof against forgery. */
  integrity: string;
}
