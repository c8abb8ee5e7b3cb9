/** How a command ends. One fixed meaning per code; the record holds every verdict, the code sums it up. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  regression: 3,
  invalid: 4,
  unreachable: 5,
  stalled: 6,
  checkFailed: 99,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** When several hold, the first of these wins: a bad instrument proves nothing, so invalid outranks failed. */
export const EXIT_PRECEDENCE: readonly ExitCode[] = [
  EXIT.usage,
  EXIT.unreachable,
  EXIT.internal,
  EXIT.sigint,
  EXIT.sigterm,
  EXIT.invalid,
  EXIT.stalled,
  EXIT.checkFailed,
  EXIT.regression,
  EXIT.ok,
];

/** The code that outranks the others; `ok` for none. */
export function mergeExitCodes(codes: Iterable<ExitCode>): ExitCode {
  const present = new Set(codes);
  return EXIT_PRECEDENCE.find((code) => present.has(code)) ?? EXIT.ok;
}
