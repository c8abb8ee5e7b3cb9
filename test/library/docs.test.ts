/** Runs the examples of `docs/channel.md` as they stand there, and compares what they print. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const DOOR = new URL('../../src/channel.ts', import.meta.url);
const PAGE = readFileSync(fileURLToPath(new URL('../../docs/channel.md', import.meta.url)), 'utf8');

const EXAMPLE = /^## (.+)$(?:(?!^## )[\s\S])*?^```ts\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```/gm;
const examples = [...PAGE.matchAll(EXAMPLE)].map(([, title, code, output]) => ({
  title: title as string,
  code: code as string,
  output: output as string,
}));

const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('docs/channel.md', () => {
  it('has an example in every ts block, each with what it prints', () => {
    expect(examples.length).toBe(3);
    expect(PAGE.split('```ts\n').length - 1).toBe(examples.length);
  });

  it.concurrent.each(examples)('$title: prints what the page says', async ({ title, code, output }) => {
    expect(code).toContain(`from 'bpbench/channel'`);
    const file = join(folder, `${title.replaceAll(/\W+/g, '-')}.mts`);
    writeFileSync(file, code.replace(`'bpbench/channel'`, JSON.stringify(DOOR.href)));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { timeout: 15_000 });
    expect(stdout).toBe(output);
    expect(stderr).toBe('');
  });

  it('names everything that the door exports to make something', async () => {
    const names = Object.keys(await import('../../src/channel.ts')).filter((name) =>
      name.startsWith('create'),
    );
    expect(names.filter((name) => !PAGE.includes(`\`${name}`) && !PAGE.includes(`${name}(`))).toEqual([]);
  });
});
