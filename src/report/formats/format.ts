/** What a report format is: a pure function from a report to the text or bytes of one file. */
import type { Report } from '../report.ts';

export interface Format {
  /** The word in front of `=` in `-o junit=path`. */
  readonly name: string;
  /** By which `-o path` finds it, with the dot, lower case; the longest that fits wins. */
  readonly extensions: readonly string[];
  /** One sentence for help. */
  readonly summary: string;
  /** Whether the text may go to a terminal or a pipe with `-o -`. */
  readonly isText: boolean;
  render(report: Report): string | Uint8Array;
}
