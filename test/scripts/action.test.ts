/** The script of the action: inputs as lines, one command line, and what GitHub reads of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-action-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface ActionFile {
  inputs: Record<string, { default?: string; required?: boolean }>;
  runs: { steps: { id?: string; env?: Record<string, string>; run?: string }[] };
}

const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as ActionFile;

/** As the runner calls it: the step's environment with the inputs filled in. */
function act(inputs: Record<string, string>) {
  const step = action.runs.steps.find(({ id }) => id === 'play');
  const output = join(folder, 'output');
  writeFileSync(output, '');
  const filled = Object.fromEntries(
    Object.entries(step?.env ?? {}).map(([name, text]) => [
      name,
      text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/, (_, input: string) => {
        if (action.inputs[input] === undefined) throw new Error(`the action has no input '${input}'`);
        return inputs[input] ?? action.inputs[input]?.default ?? '';
      }),
    ]),
  );
  const { status, stdout, stderr } = spawnSync('bash', [join(ROOT, 'scripts', 'action.sh')], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GITHUB_ACTION_PATH: ROOT, GITHUB_OUTPUT: output, ...filled },
  });
  return { status, stdout, stderr, output: readFileSync(output, 'utf8') };
}

describe('the action', () => {
  it('takes lines for arguments, blank ones for nothing', () => {
    const { status, stdout, output } = act({
      scenario: 'smoke',
      strategy: '\n  drop-oldest,capacity=9\nblock \n\n',
      args: '--dry-run\n--seed\n7\n--need\nloss<0.1%, ageP99<200ms\n',
    });
    expect(stdout).toMatch(/drop-oldest,capacity=9/);
    expect(stdout).toMatch(/block: /);
    expect(status).toBe(0);
    expect(output).toBe('exit-code=0\nreport=bpbench-results/report.html\n');
  });

  it('ends as bpbench ends, and says so to later steps', () => {
    const { status, stderr, output } = act({ scenario: 'brust', results: 'elsewhere' });
    expect(stderr).toMatch(/did you mean|burst/);
    expect(status).toBe(2);
    expect(output).toBe('exit-code=2\nreport=elsewhere/report.html\n');
  });

  it('takes text for text', () => {
    const { status, stderr } = act({
      scenario: 'smoke',
      strategy: '$(touch here) `touch here`; touch here',
      args: '--dry-run',
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/touch here/);
    expect(existsSync(join(folder, 'here'))).toBe(false);
  });
});
