/** The command line as a new user meets it: mistakes, pipes, terminals. Nothing is started for a mistake. */
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/exit-codes.ts';
import { BIN, createResultsFolder, runCli, startCli } from '../helpers/cli.ts';
import { startSystem } from '../helpers/system.ts';
import { codeOfRuns, codeOnHost } from '../helpers/validity.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpbench-cli-'));

describe('mistakes cost exit 2, say what to try, and start nothing', () => {
  const cases: [what: string, args: string[], stderr: RegExp][] = [
    ['an unknown command', ['rnu'], /Did you mean run/],
    ['an unknown flag', ['run', 'burst', '--stratgy', 'block'], /Did you mean --strategy/],
    ['an unknown scenario', ['run', 'brust'], /did you mean burst/],
    ['an unknown strategy', ['run', 'smoke', '--strategy', 'drop-odlest'], /did you mean drop-oldest/],
    [
      'another library’s word for a strategy',
      ['run', 'smoke', '--strategy', 'sliding'],
      /is drop-oldest here/,
    ],
    ['an unknown boundary', ['run', 'smoke', '--at', 'ws.outbuond=block'], /did you mean ws\.outbound/],
    [
      'an unknown strategy parameter',
      ['run', 'smoke', '--strategy', 'block,capcity=3'],
      /did you mean capacity/,
    ],
    ['an unknown scenario key', ['run', 'smoke', '--set', 'phases.0.duratoin=1s'], /duration/],
    [
      'capacity 0',
      ['run', 'smoke', '--strategy', 'block,capacity=0'],
      /capacity must be a whole number, 1 or more, got '0'/,
    ],
    ['a negative rate', ['run', 'smoke', '-r', '-5'], /--rate expects a rate/],
    ['no connections', ['run', 'smoke', '-c', '0'], /--connections expects 1 or more/],
    ['no duration', ['run', 'smoke', '-d', '0'], /--duration expects more than 0/],
    ['a check that cannot be read', ['run', 'smoke', '--fail-if', 'p98>5ms'], /p9/],
    ['a format nobody knows', ['run', 'smoke', '-o', 'report.docx'], /markdown \(\.md, .*junit \(\.xml\)/],
    [
      'a report inside of a file',
      ['run', 'smoke', '-o', 'package.json/report.md'],
      /package\.json is a file/,
    ],
    [
      'a target that is not this machine',
      ['run', 'smoke', '--target', 'http://example.org/'],
      /loopback|resolved/,
    ],
    ['a public address', ['run', 'smoke', '--target', 'http://8.8.8.8/'], /--allow-host 8\.8\.8\.8/],
    [
      'a public address in disguise',
      ['run', 'smoke', '--target', 'http://[::ffff:8.8.8.8]/'],
      /not on this machine/,
    ],
    ['a target without a known scheme', ['run', 'smoke', '--target', 'ftp://127.0.0.1/'], /sse\+http:\/\//],
    ['a results folder that cannot be', ['run', 'smoke', '--results', '/proc/nothing/here'], /proc/],
    ['a list of nothing', ['list', 'strateges'], /did you mean strategies/],
    ['an unknown schema', ['schema', 'recrod'], /did you mean record/],
  ];
  it.each(cases)('%s', async (_, args, stderr) => {
    const result = await runCli(args);
    expect(result.stderr).toMatch(stderr);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 2, stdout: '' });
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('a file with five faults: all five at once, with their places', async () => {
    const file = join(folder, 'five.yaml');
    writeFileSync(
      file,
      [
        'name: five',
        'clinets: []',
        'clients:',
        '  - { name: a, path: sse, share: 150% }',
        'phases:',
        '  - { name: one, duration: soon, publish: -5/s, conections: 3 }',
        '',
      ].join('\n'),
    );
    const run = await runCli(['run', file]);
    const validate = await runCli(['validate', file]);
    expect([run.code, validate.code]).toEqual([2, 2]);
    for (const text of [run.stderr, validate.stdout]) {
      for (const fault of ['clinets', 'share', 'duration', 'publish', 'conections'])
        expect(text).toContain(fault);
      expect(text).toMatch(/5 problems/);
      expect(text).toMatch(/6:/);
    }
  });

  it('too few file descriptors for the plan: says the number needed before the start', async () => {
    const { spawn } = await import('node:child_process');
    const { once } = await import('node:events');
    const child = spawn('sh', ['-c', `ulimit -n 256; exec "${process.execPath}" "${BIN}" run burst`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(2);
    expect(stderr).toMatch(/burst needs \d{4} open files per process, this host allows 256/);
    expect(stderr).toMatch(/ulimit -n \d{4}/);
  });
});

describe('streams', () => {
  it('prints help and version on stdout with exit 0, a unit or default where one matters', async () => {
    const help = await runCli(['run', '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/--seed/);
    expect(help.stdout).toMatch(/Examples:[\s\S]*bpbench run burst --strategy drop-oldest/);
    const version = await runCli(['--version']);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('keeps stdout to the result and everything else on stderr', async () => {
    const { code, stdout, stderr } = await runCli([
      'run',
      'smoke',
      '--json',
      '--results',
      createResultsFolder(),
    ]);
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({ kind: 'run', schemaVersion: 1 });
    expect(code).toBe(codeOnHost(record, EXIT.ok));
    expect(stderr).toMatch(/playing/);
    expect(`${stdout}${stderr}`).not.toContain('\u001b');
  });

  it('fits 60 columns and colours only when asked', async () => {
    const args = ['run', 'smoke', '-d', '1.5s', '--no-progress', '--results', createResultsFolder()];
    const narrow = await runCli(args, { env: { COLUMNS: '60', NO_COLOR: '1' } });
    expect(narrow.stdout).not.toContain('\u001b');
    const long = narrow.stdout.split('\n').filter((line) => line.length > 60 && !line.includes('/'));
    expect(long).toEqual([]);
    const coloured = await runCli([
      'run',
      'smoke',
      '--no-progress',
      '--color',
      'always',
      '--results',
      createResultsFolder(),
    ]);
    expect(coloured.stdout).toContain('\u001b[');
  });

  it('ends quietly when the reader of its stdout has gone, and writes the record all the same', async () => {
    const results = createResultsFolder();
    const cli = startCli(['run', 'smoke', '-d', '1.5s', '--json', '--results', results]);
    cli.child.stdout?.destroy();
    const { code, stderr } = await cli.done;
    expect(code).toBe(codeOfRuns(results, EXIT.ok));
    expect(stderr).not.toMatch(/EPIPE|Error/);
    expect(readdirSync(join(results, 'latest'))).toContain('record.json');
  });

  it('says that a report could not be written, and ends with 1, when something else is in its place', async () => {
    const results = createResultsFolder();
    const taken = join(results, 'taken.md');
    mkdirSync(taken);
    const { code, stdout, stderr } = await runCli(['run', 'smoke', '-o', taken, '--results', results]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/PASS|INVALID/); // the summary of a run, whatever it is worth
    expect(stderr).toMatch(/taken\.md/);
    expect(readdirSync(taken)).toEqual([]);
  });

  it('prints the plan and its price for --dry-run and sends nothing', async () => {
    const results = createResultsFolder();
    const { code, stdout } = await runCli(['run', 'burst', '--dry-run', '--seed', '1', '--results', results]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/dry run: nothing is sent/);
    expect(stdout).toMatch(/1,000 connections/);
    expect(readdirSync(results)).toEqual([]);
  });
});

describe('other commands', () => {
  it.each(['scenarios', 'strategies', 'boundaries'])(
    'lists %s as objects with name and summary',
    async (what) => {
      const { code, stdout } = await runCli(['list', what, '--json']);
      expect(code).toBe(0);
      const entries = JSON.parse(stdout) as { name: string; summary: string }[];
      expect(entries.length).toBeGreaterThan(2);
      for (const entry of entries)
        expect(entry).toMatchObject({ name: expect.any(String), summary: expect.any(String) });
    },
  );

  it.each(['block', 'drop-oldest', 'drop-newest', 'unbounded', 'drop-incoming'])(
    'explains %s, naming trap and all',
    async (name) => {
      const { code, stdout } = await runCli(['explain', name]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/When the queue is full/);
      expect(stdout).toMatch(/Also called/);
    },
  );

  it('publishes both schemas', async () => {
    for (const what of ['scenario', 'record']) {
      const { stdout } = await runCli(['schema', what]);
      expect(JSON.parse(stdout).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    }
  });

  it('finds nothing wrong with its own scenarios', async () => {
    const { code, stdout } = await runCli([
      'validate',
      'burst',
      'gradual',
      'memory-bound',
      'slow-cohort',
      'stall',
      'smoke',
    ]);
    expect({ code, ok: stdout.match(/^ok /gm)?.length }).toEqual({ code: 0, ok: 6 });
  });
});

describe('a service of the user’s own', () => {
  it('is loaded over its own sockets: requests, events and WebSocket', async () => {
    await using running = await startSystem();
    const { addresses } = running;
    const ticker = setInterval(
      () => void fetch(addresses.publishUrl, { method: 'POST', body: '{"tick":1}' }).then((r) => r.text()),
      100,
    );
    const { code, stdout } = await runCli([
      ...[
        'run',
        'smoke',
        '--json',
        '--no-checks',
        '--set',
        'clients.sse slow.via=tcp',
        '--results',
        createResultsFolder(),
      ],
      ...[
        '--target',
        addresses.reverseUrl,
        '--target',
        `sse+${addresses.sseUrl}`,
        '--target',
        addresses.wsUrl,
      ],
    ]);
    clearInterval(ticker);
    const record = JSON.parse(stdout);
    expect(code).toBe(codeOnHost(record, EXIT.ok));
    expect(record.target.kind).toBe('external');
    expect(record.ledgers.endToEnd.proxy.delivered).toBeGreaterThan(10);
    expect(record.ledgers.endToEnd.sse.delivered).toBeGreaterThan(10);
    expect(record.ledgers.endToEnd.ws.delivered).toBeGreaterThan(10);
  });

  it('that is not there gives an invalid run, not a result', async () => {
    const { code, stdout } = await runCli([
      'run',
      'smoke',
      '--json',
      '--no-checks',
      '--target',
      'http://127.0.0.1:9/',
      '--results',
      createResultsFolder(),
    ]);
    expect(code).toBe(5);
    expect(stdout === '' || JSON.parse(stdout).verdict.status === 'invalid').toBe(true);
  });
});
