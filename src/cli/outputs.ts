/** `-o FILE`: one more report, its format by the end of the name or by the word in front of `=`; `-` is stdout. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { Format } from '../report/formats/format.ts';
import { ALL_FORMATS, FORMATS, findFormatOf } from '../report/formats/registry.ts';
import type { Report } from '../report/report.ts';
import { makeFolders, writeAtomically } from '../report/result-store.ts';
import { type CiChoice, isOnGitHub, tellGitHub } from './ci-github.ts';
import { writeErr, writeOut } from './streams.ts';

export interface OutputOptions {
  readonly out: readonly string[];
  /** Default `auto`: where GITHUB_ACTIONS=true says so. */
  readonly ci?: CiChoice;
}

interface Output {
  readonly format: Format;
  /** `-` for stdout. */
  readonly path: string;
}

const STDOUT = '-';

/**
 * Asked before anything runs.
 *
 * Errors: BPB_ERR_USAGE for a format that there is not, a file in the place of a folder, and two reports in one place.
 */
export function checkOutputs(words: readonly string[]): void {
  const places = new Set<string>();
  for (const { path } of words.map(readOutput)) {
    const place = path === STDOUT ? STDOUT : resolve(path);
    if (places.has(place)) throw new BenchError('BPB_ERR_USAGE', `-o ${path} is given twice`);
    places.add(place);
    if (path === STDOUT) continue;
    const above = findAbove(dirname(place));
    if (statSync(above).isDirectory()) continue;
    throw new BenchError('BPB_ERR_USAGE', `-o ${path}: ${above} is a file, no folder`);
  }
}

/** Writes every report that was asked for, and tells GitHub where it runs there. `read` is called where one is. */
export async function writeOutputs(options: OutputOptions, read: () => Promise<Report>): Promise<void> {
  const isForGitHub = isOnGitHub(options.ci ?? 'auto', process.env);
  if (options.out.length === 0 && !isForGitHub) return;
  const report = await read();
  if (isForGitHub) await tellGitHub(report, process.env);
  for (const { format, path } of options.out.map(readOutput)) {
    const content = format.render(report);
    if (path === STDOUT) await writeOut(String(content));
    else {
      await makeFolders(dirname(resolve(path)));
      await writeAtomically(path, content);
      writeErr(`wrote ${path}\n`);
    }
  }
}

/** The folder, or what there is of the way to it: the rest is made when the report is written. */
function findAbove(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : findAbove(dirname(folder));
}

function readOutput(word: string): Output {
  if (word === STDOUT) return { format: FORMATS.markdown, path: STDOUT };
  const forced = /^([a-z][a-z-]*)=(.+)$/.exec(word);
  if (forced !== null) {
    const [, name = '', path = ''] = forced;
    const format = ALL_FORMATS.find((one) => one.name === name);
    if (format === undefined) throw refuse(word, `there is no format '${name}'`, name);
    if (path === STDOUT && !format.isText) throw refuse(word, `${name} is no text: name a file`);
    return { format, path };
  }
  const format = findFormatOf(word);
  if (format === undefined) throw refuse(word, 'no format has such a name');
  return { format, path: word };
}

function refuse(word: string, why: string, name = ''): BenchError {
  const names = ALL_FORMATS.map((format) => format.name);
  const list = ALL_FORMATS.map(({ name: one, extensions }) => `${one} (${extensions.join(', ')})`);
  return new BenchError('BPB_ERR_USAGE', `-o ${word}: ${why}`, {
    hints: [
      name === '' ? '' : didYouMean(name, names),
      `the formats: ${list.join(', ')}`,
      'force one with its name, as in -o junit=results.txt',
    ].filter((hint) => hint !== ''),
  });
}
