/** What adding a policy takes: one file and one line. Done in a copy of the tree, whose own suites then judge it. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = [
  'package.json',
  'vitest.config.ts',
  'src/core',
  'src/system',
  'test/contracts',
  'test/overflow',
];
const SUITES = ['test/contracts/overflow.test.ts', 'test/contracts/overflow-golden.test.ts'];

const folder = mkdtempSync(join(tmpdir(), 'bpbench-policy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A policy in as few lines as it takes. */
const source = (name: string, rest: string): string => `
import type { OverflowPolicy } from './policy.ts';

export default {
  name: '${name}',
  stage: 'overflow',
  summary: 'made for a test',
  params: [],
  ${rest}
  details: {
    rule: 'See its name.',
    guarantees: ['order: as offered', 'loss: by its name'],
    prediction: 'none',
    bestFor: 'tests',
    alsoCalled: [],
    namingTrap: null,
    gotchas: ['It is gone when the test is over.'],
  },
} satisfies OverflowPolicy as OverflowPolicy;
`;

function add(name: string, rest: string): void {
  writeFileSync(join(folder, `src/system/overflow/${name}.ts`), source(name, rest));
  const registry = join(folder, 'src/system/overflow/registry.ts');
  const identifier = name.replaceAll('-', '');
  const lines = readFileSync(registry, 'utf8')
    .replace('import type', `import ${identifier} from './${name}.ts';\nimport type`)
    .replace('  unbounded,\n', `  unbounded,\n  '${name}': ${identifier},\n`);
  writeFileSync(registry, lines);
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function runSuites(): Promise<Report> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const report = join(folder, 'report.json');
  const args = [vitest, 'run', '--project', 'parts', '--reporter', 'json', '--outputFile', report, ...SUITES];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, env: cleanEnv() }, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(readFileSync(report, 'utf8')) as Report);
      } catch {
        reject(new Error(`the suites did not run:\n${stdout}\n${stderr}`));
      }
    });
  });
}

/** The environment of this run would tell the child that it is a worker of it. */
function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS$|TEST$)/.test(name)),
  );
}

it('a policy is one file and one line: the suites judge it without a row, and tell a wrong one', async () => {
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  add(
    'evict-second',
    `onFull: (queue) => queue.oldest?.newer ?? queue.oldest ?? 'drop-incoming',
  effects: { drops: true },
  reasons: ['overflow.evict-second'],`,
  );
  // Says nothing of what it loses, nor of the class that it reads, and goes above its bounds.
  add(
    'greedy-third',
    `onFull: (queue, incoming) => (incoming.class === 0 ? 'accept' : (queue.oldest?.newer?.newer ?? 'drop-incoming')),
  effects: {},
  reasons: [],`,
  );
  const { testResults } = await runSuites();
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status !== 'passed').map(({ fullName }) => fullName);
  const sound = tests.filter(({ fullName }) => fullName.includes('evict-second'));
  expect(sound.length).toBeGreaterThan(5);
  expect(failed.filter((name) => !name.includes('greedy-third'))).toEqual([]);
  expect(failed.some((name) => name.includes('keeps the contract under random schedules'))).toBe(true);
}, 120_000);
