/** Strategies that do not go with the relay's architecture, as the command says it. */
import { describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.ts';

const SINGLE = ['--set', 'system.ws.architecture=single-loop', '--at', 'ws.outbound=block'];

describe('a single loop that would wait for itself', () => {
  it.each([
    ['run', ['run', 'smoke', '--no-progress']],
    ['run --dry-run', ['run', 'smoke', '--dry-run']],
    ['serve', ['serve', 'smoke']],
  ])('%s refuses it before anything starts, with the reason and three ways out', async (_, command) => {
    const { code, stderr, stdout } = await runCli([...command, ...SINGLE]);
    expect(stderr).toBe(
      [
        "bpbench: strategy 'block': at ws.outbound: block makes producers wait: under architecture single-loop one loop reads and writes, so it would wait for room that only it makes, and answer no ping and no close meanwhile; let the queue drop, or let another task empty it",
        '  try: --at ws.outbound=drop-newest',
        '  try: --set system.ws.architecture=split',
        '  try: --set system.ws.force=true plays it all the same, to study the dead-lock',
        '',
      ].join('\n'),
    );
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('is only warned of where it is forced', async () => {
    const forced = ['run', 'smoke', '--dry-run', ...SINGLE, '--set', 'system.ws.force=true'];
    const { code, stderr } = await runCli(forced);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(
      /^warning: ws\.outbound: block makes producers wait: .*; it is forced, so such a connection stands still for ever $/,
    );
    expect(code).toBe(0);
  });
});
