import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkOutputs, writeOutputs } from '../../src/cli/outputs.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { Report } from '../../src/report/report.ts';
import { REPORTS } from '../report/formats/reports.ts';

const REPORT = REPORTS['a run'] as Report;
let folder = '';
let out = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpbench-outputs-'));
  out = '';
  vi.stubEnv('GITHUB_ACTIONS', '');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const write = (text: unknown, done?: unknown): boolean => {
    out += String(text);
    if (typeof done === 'function') done();
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function refusalOf(...words: string[]): BenchError {
  try {
    checkOutputs(words);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BenchError);
    return thrown as BenchError;
  }
  throw new Error('it was taken');
}

describe('-o', () => {
  it('writes each format by the end of its name, forced ones by their word, and - to stdout', async () => {
    const file = (name: string): string => join(folder, name);
    const words = [file('a.xml'), file('b.csv'), `junit=${file('c.txt')}`, 'openmetrics=-'];
    checkOutputs(words);
    await writeOutputs({ out: words }, async () => REPORT);
    expect(readdirSync(folder).sort()).toEqual(['a.xml', 'b.csv', 'c.txt']);
    expect(readFileSync(file('c.txt'), 'utf8')).toBe(readFileSync(file('a.xml'), 'utf8'));
    expect(out.endsWith('# EOF\n')).toBe(true);
  });

  it('makes the folders that are missing', async () => {
    const words = [join(folder, 'a/b/x.csv')];
    checkOutputs(words);
    await writeOutputs({ out: words }, async () => REPORT);
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['x.csv']);
  });

  it('is Markdown for - alone', async () => {
    await writeOutputs({ out: ['-'] }, async () => REPORT);
    expect(out).toContain('# burst · drop-oldest · seed 4711');
  });

  it('reads no report where none is asked for', async () => {
    const read = vi.fn(() => Promise.resolve(REPORT));
    await writeOutputs({ out: [], ci: 'auto' }, read);
    expect(read).not.toHaveBeenCalled();
  });

  it('lists the formats for a name that none has', () => {
    const { message, hints, code } = refusalOf('x.pdf');
    expect([code, message]).toEqual(['BPB_ERR_USAGE', '-o x.pdf: no format has such a name']);
    expect(hints[0]).toContain('junit (.xml)');
  });

  it('knows what a mistyped format meant, and that = may stand in a path', () => {
    expect(refusalOf('junti=x.xml').hints[0]).toBe('did you mean junit?');
    expect(() => checkOutputs([join(folder, 'a=b.md'), './c=d.md'])).not.toThrow();
  });

  it('refuses a file in the place of a folder, and two reports in one place, before anything is played', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(refusalOf(join(folder, 'file/deep/x.md')).message).toContain(
      `${join(folder, 'file')} is a file, no folder`,
    );
    expect(refusalOf(join(folder, 'x.md'), `markdown=${folder}/./x.md`).message).toContain('is given twice');
    expect(refusalOf('-', 'json=-').message).toBe('-o - is given twice');
  });
});
