/** One text as lines of at most `width` characters, words kept whole; later lines are indented by `hang`. */
export function wrap(text: string, width: number, indent = '', hang = indent): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/)) {
    const isStart = line.trim() === '';
    if (!isStart && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hang + word;
    } else {
      line += isStart ? word : ` ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
