/** `-o FILE`: one more report, its format by the end of the name or by the word in front of `=`; `-` is stdout. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { type Format, findByExtension } from '../report/formats/format.ts';
import { ALL_FORMATS } from '../report/formats/registry.ts';
import type { Report } from '../report/report.ts';
import { makeFolders, writeAtomically } from '../report/result-store.ts';
import { type CiChoice, isOnGitHub, tellGitHub } from './ci-github.ts';
import { writeErr, writeOut } from './streams.ts';

export interface OutputOptions {
  readonly out: readonly string[];
  /** Default `auto`: where GITHUB_ACTIONS=true says so. */
  readonly ci?: CiChoice;
}

interface Output<Subject> {
  readonly format: Format<Subject>;
  /** `-` for stdout. */
  readonly path: string;
}

const STDOUT = '-';

/**
 * Asked before anything runs. `formats`: those that there are; the Markdown among them is what `-` alone stands for.
 *
 * Errors: BPB_ERR_USAGE for a format that there is not, a file in the place of a folder, and two reports in one place.
 */
export function checkOutputs(
  words: readonly string[],
  formats: readonly Format<never>[] = ALL_FORMATS,
): void {
  const places = new Set<string>();
  for (const { path } of words.map((word) => readOutput(word, formats))) {
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
  await writeEach(options.out, report, ALL_FORMATS);
}

/** Writes `subject` to every place that was asked for, in this order; nothing where it cannot be said in one of them. */
export async function writeEach<Subject>(
  words: readonly string[],
  subject: Subject,
  formats: readonly Format<Subject>[],
): Promise<void> {
  const contents = words
    .map((word) => readOutput(word, formats))
    .map(({ format, path }) => ({ path, content: format.render(subject) }));
  for (const { path, content } of contents) {
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

function readOutput<Subject>(word: string, formats: readonly Format<Subject>[]): Output<Subject> {
  const refuse = (why: string, name = ''): BenchError => refusal(word, why, name, formats);
  if (word === STDOUT) return readOutput(`markdown=${STDOUT}`, formats);
  const forced = /^([a-z][a-z-]*)=(.+)$/.exec(word);
  if (forced !== null) {
    const [, name = '', path = ''] = forced;
    const format = formats.find((one) => one.name === name);
    if (format === undefined) throw refuse(`there is no format '${name}'`, name);
    if (path === STDOUT && !format.isText) throw refuse(`${name} is no text: name a file`);
    return { format, path };
  }
  const format = findByExtension(word, formats);
  if (format === undefined) throw refuse('no format has such a name');
  return { format, path: word };
}

function refusal(
  word: string,
  why: string,
  name: string,
  formats: readonly Pick<Format, 'name' | 'extensions'>[],
): BenchError {
  const names = formats.map((format) => format.name);
  const list = formats.map(({ name: one, extensions }) => `${one} (${extensions.join(', ')})`);
  return new BenchError('BPB_ERR_USAGE', `-o ${word}: ${why}`, {
    hints: [
      name === '' ? '' : didYouMean(name, names),
      `the formats: ${list.join(', ')}`,
      'force one with its name, as in -o markdown=results.txt',
    ].filter((hint) => hint !== ''),
  });
}
