/** `bpbench selfcheck`: whether the instrument measures what theory says, before anything is compared with it. */
import { monotonicMs } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { EXIT, type ExitCode, mergeExitCodes } from '../../core/exit-codes.ts';
import { didYouMean } from '../../core/nearest.ts';
import type { Gate } from '../../simulation/gates/gate.ts';
import { GATES } from '../../simulation/gates/registry.ts';
import { type GateReport, playGates } from '../../simulation/self-check.ts';
import { hiddenBuffers } from '../hidden-buffer-gate.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { renderSelfCheck } from '../self-check-text.ts';
import { writeErr, writeOut } from '../streams.ts';
import { type ColorChoice, lookOf } from '../terminal.ts';
import { VERSION } from '../version.ts';

export interface SelfCheckOptions {
  seed: number;
  only: string[];
  json?: boolean;
  /** `false` for --no-color. */
  color: ColorChoice | false;
}

/** What --json prints. */
export interface SelfCheckDocument {
  readonly schemaVersion: 1;
  readonly kind: 'selfcheck';
  readonly bpbenchVersion: string;
  readonly nodeVersion: string;
  readonly seed: number;
  readonly status: 'pass' | 'invalid' | 'partial';
  readonly interruptedBy: string | null;
  readonly durationMs: number;
  readonly gates: readonly GateReport[];
}

const ALL: readonly Gate[] = [...GATES, hiddenBuffers];

export async function selfCheckCommand(options: SelfCheckOptions): Promise<void> {
  const { seed, only } = options;
  const gates = only.length === 0 ? ALL : only.map(findGate);
  const startedMs = monotonicMs();
  using interrupt = listenForInterrupt(() =>
    writeErr('\nstopping after this check; press Ctrl-C again to quit now\n'),
  );
  const progress = startProgress(gates.length);
  const reports = await playGates({ seed, gates, signal: interrupt.signal, onGate: progress.show }).finally(
    progress.end,
  );
  const interruptedBy = interrupt.signal.aborted ? String(interrupt.signal.reason) : null;
  const isSound = reports.every((report) => report.ok);
  const document: SelfCheckDocument = {
    schemaVersion: 1,
    kind: 'selfcheck',
    bpbenchVersion: VERSION,
    nodeVersion: process.versions.node,
    seed,
    status: !isSound ? 'invalid' : reports.length < gates.length ? 'partial' : 'pass',
    interruptedBy,
    durationMs: Math.round(monotonicMs() - startedMs),
    gates: reports,
  };
  const color: ColorChoice = options.color === false ? 'never' : options.color;
  await writeOut(
    options.json
      ? `${JSON.stringify(document, null, 2)}\n`
      : renderSelfCheck(document, lookOf(process.stdout, color)),
  );
  process.exitCode = exitCodeOf(document);
}

export function exitCodeOf({ gates, interruptedBy }: SelfCheckDocument): ExitCode {
  const codes: ExitCode[] = [gates.every((gate) => gate.ok) ? EXIT.ok : EXIT.invalid];
  if (interruptedBy !== null) codes.push(interruptedBy === 'SIGINT' ? EXIT.sigint : EXIT.sigterm);
  return mergeExitCodes(codes);
}

function findGate(name: string): Gate {
  const gate = ALL.find((one) => one.name === name);
  if (gate !== undefined) return gate;
  const names = ALL.map((one) => one.name);
  throw new BenchError('BPB_ERR_UNKNOWN_NAME', `selfcheck has no check '${name}'`, {
    hints: [didYouMean(name, names), `the checks: ${names.join(', ')}`].filter((hint) => hint !== ''),
  });
}

/** One line on a terminal that names the check under way; nothing elsewhere. */
function startProgress(count: number): { show(gate: Gate, index: number): void; end(): void } {
  if (process.stderr.isTTY !== true || process.env['TERM'] === 'dumb') return { show() {}, end() {} };
  const line = (text: string) => writeErr(`\r\u001b[K${text}`);
  return {
    show: (gate, index) => line(`selfcheck ${index + 1}/${count}: ${gate.name} …`),
    end: () => line(''),
  };
}
