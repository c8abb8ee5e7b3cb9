/** A terminal for tests: what stands on the screen after everything that was written. */

const ESC = '\u001b';
const PIECE = new RegExp(`${ESC}\\[[0-9;]*[A-Za-z]|.`, 'gsu');

/** Understands what bpbench may write, and refuses anything else: colours, up, erase line, erase below. */
export class Screen {
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  columns: number;

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): this {
    for (const piece of text.match(PIECE) ?? []) this.#take(piece);
    return this;
  }

  /** Lines without blanks at their ends; empty ones at the end are left out. */
  lines(): string[] {
    const lines = this.#rows.map((row) =>
      Array.from(row, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  #take(piece: string): void {
    if (piece === '\r') this.#column = 0;
    else if (piece === '\n') this.#down();
    else if (piece.length > 1 && piece.startsWith(ESC)) this.#control(piece);
    else if (piece < ' ') throw new Error(`the screen got ${JSON.stringify(piece)}`);
    else {
      if (this.#column >= this.columns) this.#down();
      this.#own()[this.#column++] = piece;
    }
  }

  #control(piece: string): void {
    const [amount, kind] = [Number(piece.slice(2, -1) || '1'), piece.at(-1)];
    if (kind === 'm') return;
    if (kind === 'A') this.#row = Math.max(0, this.#row - amount);
    else if (kind === 'K') this.#own().length = Math.min(this.#own().length, this.#column);
    else if (kind === 'J') {
      this.#own().length = Math.min(this.#own().length, this.#column);
      this.#rows.length = this.#row + 1;
    } else throw new Error(`the screen got ${JSON.stringify(piece)}`);
  }

  #down(): void {
    this.#row++;
    this.#column = 0;
    this.#own();
  }

  #own(): string[] {
    this.#rows[this.#row] ??= [];
    return this.#rows[this.#row] as string[];
  }
}
