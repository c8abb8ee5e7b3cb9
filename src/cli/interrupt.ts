/** Ctrl-C, SIGTERM and a hangup: the first ends the run in order, the second ends everything at once. */
import { monotonicMs } from '../core/clock.ts';
import { EXIT } from '../core/exit-codes.ts';
import { writeErr } from './streams.ts';

export interface Interrupt extends Disposable {
  /** Aborted with `'SIGINT'` or `'SIGTERM'` as reason; a hangup counts as SIGTERM. */
  readonly signal: AbortSignal;
}

/** `timeout` sends SIGTERM to its child and then to the whole group: within this time both are one. */
const SAME_SIGNAL_MS = 100;

export function listenForInterrupt(say: (text: string) => void = writeErr): Interrupt {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void => {
    if (controller.signal.aborted) {
      // A terminal that goes sends its hangup itself and through the shell: nobody pressed anything twice.
      if (name === 'SIGHUP') return;
      if (name === 'SIGTERM' && monotonicMs() - firstMs < SAME_SIGNAL_MS) return;
      // Children notice that their conductor is gone and end by themselves.
      process.exit(name === 'SIGINT' ? EXIT.sigint : EXIT.sigterm);
    }
    firstMs = monotonicMs();
    say(`\n${name}: stopping arrivals and draining; press Ctrl-C again to quit now\n`);
    controller.abort(name === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onSignal);
    },
  };
}
