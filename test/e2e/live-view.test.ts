import { expect, it } from 'vitest';
import { describeWith } from '../clients/requirement.ts';
import { createResultsFolder } from '../helpers/cli.ts';
import { runInTerminal } from '../helpers/pseudo-terminal.ts';
import { Screen } from '../helpers/screen.ts';

const RUN = ['run', 'smoke', '-d', '1s', '--seed', '1', '--results'];

describeWith({ python3: 'python3' }, 'live view in a real terminal', () => {
  it('redraws one block, follows a resize, and leaves nothing but the result', async () => {
    const { code, output } = await runInTerminal([...RUN, createResultsFolder()], {
      columns: 100,
      events: [{ after: 'system    rss', columns: 50 }],
    });
    expect([0, 4]).toContain(code);
    const frames = output.split('\r\u001b[').slice(1);
    expect(frames.length).toBeGreaterThan(3);
    const live = frames.filter((frame) => frame.includes('  load      offered'));
    expect(live.length).toBeGreaterThan(1);
    const [first = '', last = ''] = [live[0], live.at(-1)];
    expect(widthOf(first)).toBeGreaterThan(50);
    expect(widthOf(last)).toBeLessThanOrEqual(50);
    // What the emulator does not know it refuses: a hidden cursor or another mode would throw.
    const lines = new Screen(50).write(output).lines();
    expect(lines.join('\n')).not.toMatch(/offered .*\/s|phases {4}|starting/);
    expect(lines.join('\n')).toContain('again: bpbench run smoke');
  });

  it('gives the terminal back after Ctrl-C, and says so above the block', async () => {
    const { code, output } = await runInTerminal([...RUN, createResultsFolder(), '-d', '60s'], {
      columns: 100,
      events: [{ after: 'system    rss', key: '\u0003' }],
    });
    expect(code).toBe(130);
    const text = new Screen(100).write(output).lines().join('\n');
    expect(text).toContain('SIGINT: stopping arrivals and draining');
    expect(text).toContain('PARTIAL');
    expect(text).not.toMatch(/phases {4}|loop delay p99/);
  });

  it('gives the terminal back at once after the second Ctrl-C', async () => {
    const { code, output } = await runInTerminal([...RUN, createResultsFolder(), '-d', '60s'], {
      columns: 100,
      events: [
        { after: 'system    rss', key: '\u0003' },
        { after: 'press Ctrl-C again', key: '\u0003' },
      ],
    });
    expect(code).toBe(130);
    const text = new Screen(100).write(output).lines().join('\n');
    expect(text).not.toMatch(/phases {4}|loop delay p99/);
  });
});

/** Of the widest line of a frame, colours left out. */
function widthOf(frame: string): number {
  const text = frame.replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g'), '');
  return Math.max(...text.split('\r\n').map((line) => line.length));
}
