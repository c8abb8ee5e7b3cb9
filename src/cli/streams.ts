/** The only place that writes to stdout and stderr. A reader that goes away early ends things quietly. */
import { EXIT } from '../core/exit-codes.ts';

/** EIO: the terminal is gone. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/** To be called once at the start: a closed stdout (`| head`) is no error. */
export function tolerateClosedStdout(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (GONE.has(error.code ?? '')) return;
      // Nothing that this command says would be read: it ends, and what it started ends with it.
      if (stream === process.stdout)
        process.stderr.write(`bpbench: cannot write to stdout: ${error.message}\n`);
      process.exit(EXIT.internal);
    });
  }
}

/** Writes results; resolves when they are handed over, also when nobody reads any more. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.destroyed || process.stdout.errored) return resolve();
    process.stdout.write(text, () => resolve());
  });
}

let clearScreen: (() => void) | null = null;

/** What takes a block that redraws itself off the screen, before anything else is written there; `null`: nothing is. */
export function keepClear(clear: (() => void) | null): void {
  clearScreen = clear;
}

/** Progress, warnings and notes. */
export function writeErr(text: string): void {
  clearScreen?.();
  drawErr(text);
}

/** For the block that redraws itself alone: the others say {@link writeErr}. */
export function drawErr(text: string): void {
  if (!process.stderr.destroyed) process.stderr.write(text);
}
