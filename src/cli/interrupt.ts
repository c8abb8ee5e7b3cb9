/** Ctrl-C and SIGTERM: the first ends the run in order, the second ends everything at once. */
import { EXIT } from '../core/exit-codes.ts';
import { writeErr } from './streams.ts';

export interface Interrupt extends Disposable {
  /** Aborted with `'SIGINT'` or `'SIGTERM'` as reason. */
  readonly signal: AbortSignal;
}

export function listenForInterrupt(say: (text: string) => void = writeErr): Interrupt {
  const controller = new AbortController();
  const onSignal = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) {
      // Children notice that their conductor is gone and end by themselves.
      process.exit(name === 'SIGINT' ? EXIT.sigint : EXIT.sigterm);
    }
    say(`\n${name}: stopping arrivals and draining; press Ctrl-C again to quit now\n`);
    controller.abort(name);
  };
  const onInt = () => onSignal('SIGINT');
  const onTerm = () => onSignal('SIGTERM');
  process.on('SIGINT', onInt);
  process.on('SIGTERM', onTerm);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onInt);
      process.off('SIGTERM', onTerm);
    },
  };
}
