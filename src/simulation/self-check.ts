/** Plays gates one after another and says of each what was measured. */
import { messageOf } from '../core/errors.ts';
import { FORMULAS } from '../theory/formulas.ts';
import type { Gate, GateContext, GateRow } from './gates/gate.ts';
import { REAL_TOOLS } from './simulate.ts';

export interface GateReport {
  readonly name: string;
  readonly title: string;
  readonly ok: boolean;
  readonly rows: readonly GateRow[];
  /** Why the gate could not be played to its end, else `null`; it has failed then. */
  readonly problem: string | null;
}

export interface SelfCheckOptions {
  readonly seed: number;
  readonly gates: readonly Gate[];
  /** Ends it before the next gate. */
  readonly signal?: AbortSignal;
  /** Told before each gate. */
  readonly onGate?: (gate: Gate, index: number) => void;
  /** Default: the real ones. */
  readonly tools?: GateContext['tools'];
  readonly formulas?: GateContext['formulas'];
}

/** The reports of the gates that were played; fewer than asked for when `signal` came first. */
export async function playGates(options: SelfCheckOptions): Promise<GateReport[]> {
  const { seed, gates, signal, onGate, tools = REAL_TOOLS, formulas = FORMULAS } = options;
  const reports: GateReport[] = [];
  for (const [index, gate] of gates.entries()) {
    // A gate computes without a pause: signals and the screen get their turn between two.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted) break;
    onGate?.(gate, index);
    reports.push(await playGate(gate, { seed, tools, formulas }));
  }
  return reports;
}

export async function playGate(gate: Gate, context: GateContext): Promise<GateReport> {
  const { name, title } = gate;
  try {
    const rows = await gate.play(context);
    return { name, title, ok: rows.length > 0 && rows.every((row) => row.ok), rows, problem: null };
  } catch (thrown) {
    return { name, title, ok: false, rows: [], problem: messageOf(thrown) };
  }
}
