/**
 * A block of lines at the bottom of a terminal that is drawn again and again. The cursor is never hidden, no mode is
 * switched and no line is reserved: whatever ends the process, even SIGKILL, leaves an ordinary terminal.
 */
import { displayWidth } from '../report/text.ts';
import { drawErr, keepClear } from './streams.ts';

const ESC = '\u001b';

export class LiveBlock implements Disposable {
  #drawn: readonly string[] = [];

  constructor() {
    keepClear(() => this.clear());
    process.on('exit', this.#onExit);
  }

  /** One write, so that nobody sees half of it: back to the first line, each line anew, the rest erased. */
  draw(lines: readonly string[]): void {
    const back = this.#back();
    this.#drawn = lines;
    drawErr(`${back}${lines.map((line) => `${line}${ESC}[K\n`).join('')}${ESC}[J`);
  }

  clear(): void {
    const back = this.#back();
    this.#drawn = [];
    if (back !== '') drawErr(`${back}${ESC}[J`);
  }

  [Symbol.dispose](): void {
    this.clear();
    keepClear(null);
    process.off('exit', this.#onExit);
  }

  readonly #onExit = (): void => this.clear();

  /** A terminal that became narrower has broken the lines, so that they take more rows than they were drawn in. */
  #back(): string {
    const columns = process.stderr.columns;
    const rows = this.#drawn.reduce(
      (sum, line) =>
        sum + Math.max(1, Math.ceil(displayWidth(line) / (columns > 0 ? columns : Number.MAX_SAFE_INTEGER))),
      0,
    );
    return rows === 0 ? '' : `\r${ESC}[${rows}A`;
  }
}
