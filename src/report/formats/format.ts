/** What a format is: a pure function from a report, or something else that is reported, to the text or bytes of one file. */
import type { Report } from '../report.ts';

export interface Format<Subject = Report> {
  /** The word in front of `=` in `-o junit=path`. */
  readonly name: string;
  /** By which `-o path` finds it, with the dot, lower case; the longest that fits wins. */
  readonly extensions: readonly string[];
  /** One sentence for help. */
  readonly summary: string;
  /** Whether the text may go to a terminal or a pipe with `-o -`. */
  readonly isText: boolean;
  render(subject: Subject): string | Uint8Array;
}

/** The one whose extension is the longest end of the file's name; `undefined` for none. */
export function findByExtension<Subject>(
  path: string,
  formats: readonly Format<Subject>[],
): Format<Subject> | undefined {
  const lower = path.toLowerCase();
  const fitting = formats.flatMap((format) =>
    format.extensions
      .filter((extension) => lower.endsWith(extension))
      .map((extension) => ({ format, length: extension.length })),
  );
  return fitting.sort((a, b) => b.length - a.length)[0]?.format;
}
