/** `bpbench report` makes again, byte by byte, what the run itself wrote. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/exit-codes.ts';
import { ALL_FORMATS } from '../../src/report/formats/registry.ts';
import { type CliResult, createResultsFolder, runCli } from '../helpers/cli.ts';

const NAMES = ALL_FORMATS.map((format) => `${format.name}.out`);
let results = '';
let played: CliResult;
const outputs = (folder: string): string[] =>
  ALL_FORMATS.flatMap(({ name }) => ['-o', `${name}=${join(folder, `${name}.out`)}`]);

beforeAll(async () => {
  results = createResultsFolder();
  mkdirSync(join(results, 'run'));
  const args = ['run', 'smoke', '-d', '1s', '--strategy', 'drop-oldest', '--seed', '7', '--exit-zero'];
  played = await runCli([...args, '--results', results, '--no-progress', ...outputs(join(results, 'run'))]);
});

describe('report', () => {
  it('prints what the run printed', async () => {
    const { code, stdout, stderr } = await runCli(['report', '--results', results]);
    expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
    expect(stdout).toBe(played.stdout);
  });

  it('and compare know a result by the name that list results shows', async () => {
    const [{ name }] = JSON.parse((await runCli(['list', 'results', '--json', '--results', results])).stdout);
    const named = await runCli(['report', name, '--results', results]);
    expect(named).toMatchObject({ code: EXIT.ok, stdout: played.stdout });
    const compared = await runCli(['compare', `a=${name}`, 'b=latest', '--results', results, '-o', 'json=-']);
    expect(compared.stderr).not.toContain('there is no');
    const neither = await runCli(['compare', name, 'nobody', '--results', results]);
    expect(neither.code).toBe(EXIT.usage);
    expect(neither.stderr).toMatch(
      /^bpbench: there is no nobody: looked for \/\S+\/nobody and \/\S+\/nobody\n {2}try: name a result/,
    );
  });

  it('makes every format again, and the files beside the record, byte by byte', async () => {
    const again = join(results, 'again');
    mkdirSync(again);
    const { code } = await runCli(['report', join(results, 'latest'), ...outputs(again)]);
    expect(code).toBe(EXIT.ok);
    const read = (folder: string, name: string): string => readFileSync(join(results, folder, name), 'utf8');
    for (const name of ['text.out', 'markdown.out']) expect(read('again', name)).toBe(read('run', name));
    const differing = NAMES.filter((name) => read('again', name) !== read('run', name));
    expect(differing).toEqual([]);
    const beside = {
      json: 'record.json',
      ndjson: 'timeline.ndjson',
      hlog: 'latency.hlog',
      markdown: 'report.md',
    };
    for (const [name, file] of Object.entries(beside)) {
      const isSame = readFileSync(join(again, `${name}.out`)).equals(
        readFileSync(join(results, 'latest', file)),
      );
      expect(isSame, file).toBe(true);
    }
  });

  it('rewrites what people read where it is told to, and nothing else', async () => {
    const folder = join(results, 'copy');
    mkdirSync(folder);
    for (const name of ['record.json', 'timeline.ndjson', 'latency.hlog']) {
      copyFileSync(join(results, 'latest', name), join(folder, name));
    }
    writeFileSync(join(folder, 'report.md'), 'old');
    await runCli(['report', folder]);
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toBe('old');
    const { code, stdout } = await runCli(['report', folder, '--rewrite']);
    expect({ code, stdout }).toEqual({ code: EXIT.ok, stdout: '' });
    expect(readFileSync(join(folder, 'report.md'))).toEqual(readFileSync(join(results, 'latest/report.md')));
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('</html>');
  });

  it('ends with 2 for what is no result, and for a format that there is not before it looks', async () => {
    const none = await runCli(['report', join(results, 'nothing')]);
    expect(none.code).toBe(EXIT.usage);
    expect(none.stderr).toContain('  try: name a result folder, its record.json, or latest\n');
    const format = await runCli(['report', join(results, 'nothing'), '-o', 'x.pdf']);
    expect(format).toMatchObject({ code: EXIT.usage, stdout: '' });
    expect(format.stderr).toContain('no format has such a name');
  });

  it('says what a killed run has left', async () => {
    const folder = join(results, 'copy');
    rmSync(join(folder, 'record.json'));
    const { code, stderr } = await runCli(['report', folder]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toMatch(
      /was killed before it could write one\n.*timeline\.ndjson of smoke under drop-oldest, seed 7,/,
    );
  });
});
