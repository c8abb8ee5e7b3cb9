/** Settings of the feeds as the command takes them: in a file, by --set, and in the published schema. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpbench-feeds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    ['clients: [{ name: ws, path: ws }]', 'phases: [{ duration: 1s }]', ...lines, ''].join('\n'),
  );
  return file;
}

const ACTOR = ['--set', 'system.ws.architecture=actor'];

describe('settings of the feeds on the command line', () => {
  it('are taken from a file', async () => {
    const file = fileOf('sound.yaml', [
      'stallAfter: 2s',
      'system:',
      '  store: { synchronous: normal, keepEvents: 500 }',
      '  projections: { serviceTime: 1ms, onLag: skip }',
      '  sse: { onLag: snapshot, writeDeadline: 45s, event_ttl_secs: 60 }',
      '  ws: { architecture: actor, actor: fat, inbound: { middlewares: 5, time: 10ms } }',
      'checks: [append.p99 < 100ms, lagRate < 10/min, projectionLag <= 100, batch.p50 >= 2]',
    ]);
    expect(await runCli(['validate', file])).toMatchObject({ code: 0, stderr: '' });
  });

  it('are refused with their line, all of them at once', async () => {
    const file = fileOf('wrong.yaml', [
      'system:',
      '  store: { mode: none }',
      '  sse: { resume: subscribe-first }',
      '  ws: { architecture: split, actor: fat, controll: strict }',
    ]);
    const { code, stdout, stderr } = await runCli(['validate', file]);
    expect(code).toBe(2);
    expect(stderr + stdout).toContain('3 problems');
    expect(stderr + stdout).toMatch(/^ *5:\d+ system\.sse\.resume: resume: subscribe-first needs a store/m);
    expect(stderr + stdout).toMatch(
      /^ *6:\d+ system\.ws\.actor: actor: fat needs architecture: actor, got split/m,
    );
    expect(stderr + stdout).toMatch(
      /^ *6:\d+ system\.ws\.controll: unknown key 'controll'; did you mean control\?/m,
    );
  });

  it.each([
    ['ws.architecture=actor', 0, /^$/],
    ['sse.max_events_per_session=100', 0, /^$/],
    ['ws.architecture=actr', 2, /did you mean actor\?/],
    [
      'ws.actor=fat',
      2,
      /actor: fat needs architecture: actor, got split \(from --set system\.ws\.actor=fat\)/,
    ],
    ['sse.resume=none --set system.sse.dedupe=false', 2, /dedupe: false needs a replay, and resume is none/],
  ])('--set system.%s', async (set, code, message) => {
    const sets = `--set system.${set}`.split(' ');
    const result = await runCli(['run', 'smoke', '--dry-run', ...sets]);
    expect(result.stderr).toMatch(message);
    expect(result.code).toBe(code);
  });

  it('refuse what a mailbox must not do, and say what it may', async () => {
    const { code, stderr } = await runCli(['run', 'smoke', '--dry-run', '--at', 'ws.mailbox=drop-oldest']);
    expect(code).toBe(2);
    expect(stderr).toContain('a lost command is a lost update');
    expect(stderr).toContain('block or unbounded keep every one');
    const sound = await runCli([
      'run',
      'smoke',
      '--dry-run',
      '--at',
      'ws.mailbox=block,capacity=8',
      ...ACTOR,
    ]);
    expect(sound).toMatchObject({ code: 0, stderr: '' });
  });

  it('stand in the schema that editors use, with defaults', async () => {
    const { stdout, code } = await runCli(['schema', 'scenario']);
    const { store, sse, ws } = JSON.parse(stdout).properties.system.properties;
    expect(code).toBe(0);
    expect(store.properties.synchronous).toMatchObject({
      default: 'full',
      enum: ['off', 'normal', 'full', 'extra'],
    });
    expect(sse.properties.keepAlive.default).toBe('15s');
    expect(ws.properties.architecture.default).toBe('split');
  });
});
