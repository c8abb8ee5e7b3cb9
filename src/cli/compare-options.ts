/** Flags that `run` and `compare` share: what is gated, with which margins, against what, and on which conditions. */

export interface OptionRow {
  readonly flags: string;
  readonly text: string;
  /** Repeatable: collected into an array. */
  readonly isList?: boolean;
  readonly kind?: 'whole';
}

/** As commander names them. */
export interface JudgingOptions {
  reference?: string;
  baseline?: string;
  saveBaseline?: string;
  acceptedBy?: string;
  calibration?: string;
  reason?: string;
  need: string[];
  expect: string[];
  margin: string[];
  /** `false` for --no-gate. */
  gate: string[] | false;
  strict?: boolean;
  maxMde?: string;
  allowUnpaired?: boolean;
}

export const JUDGING_ROWS: readonly OptionRow[] = [
  {
    flags: '--reference <arm>',
    text: 'the strategy that the others are compared with (default: the first; a baseline or --baseline-target wins)',
  },
  {
    flags: '--baseline <file>',
    text: "compare with an accepted baseline; 'auto' looks for <scenario>.bpbaseline.json here and in the results",
  },
  {
    flags: '--save-baseline <file>',
    text: 'write the result as baseline, with --accepted-by and --reason; nothing else writes one',
  },
  { flags: '--accepted-by <name>', text: 'who accepts the result as baseline' },
  {
    flags: '--calibration <arm>',
    text: 'of a baseline: this arm only shows how fast the host is, and is played again with every comparison',
  },
  { flags: '--reason <text>', text: 'why it is accepted' },
  {
    flags: '--need <conditions>',
    text: "what has to hold, e.g. 'loss<0.1%, ageP99<200ms, rss<300MB': says who satisfies it; repeatable",
    isList: true,
  },
  {
    flags: '--expect <sentence>',
    text: "fails (99) where it is disproved, e.g. 'drop-oldest: deadlineMiss better than block by >= 20%'; repeatable",
    isList: true,
  },
  {
    flags: '--margin <metric=change>',
    text: 'the change that matters, e.g. all.p99=15% or loss=0.5pp; repeatable',
    isList: true,
  },
  {
    flags: '--gate <metric>',
    text: 'gate on this metric instead of the usual ones, between versions of one strategy; repeatable',
    isList: true,
  },
  { flags: '--no-gate', text: 'gate on nothing: verdicts are shown and never fail' },
  { flags: '--strict', text: 'exit 4 when a gated metric is inconclusive, or the baseline is not there' },
  {
    flags: '--max-mde <margins>',
    text: 'call the host too noisy for an open metric whose smallest detectable change is above this many margins (default: 4)',
  },
  {
    flags: '--allow-unpaired',
    text: 'gate although runs are not paired by seed: the host may have changed between them',
  },
];

/** Of `run` alone: how the experiment is played. */
export const EXPERIMENT_ROWS: readonly OptionRow[] = [
  {
    flags: '--repeat <blocks>',
    text: 'play each strategy this often, in blocks of random order on seeds of their own; 10 is a good number',
    kind: 'whole',
  },
  {
    flags: '--looks <count>',
    text: 'play up to twice or three times as many blocks while the result is open, at stricter levels (1 to 3; default: 1)',
    kind: 'whole',
  },
  {
    flags: '--warmup <time>',
    text: "a phase before the first with its load, recorded and left out of percentiles (default: the scenario's own)",
  },
  {
    flags: '--baseline-target <url>',
    text: 'your service as it was, played in turn with --target: the surest way to find a regression; repeatable',
    isList: true,
  },
];

export interface ExperimentOptions {
  repeat?: number;
  looks?: number;
  warmup?: string;
  baselineTarget: string[];
  order: 'random' | 'williams';
}
