import { describe, expect, it } from 'vitest';
import { type Clock, NS_PER_MS } from '../../../src/core/clock.ts';
import { SilentPeers } from '../../../src/system/resources/silent-peers.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

/** A connection from port 8080 here, as the kernel writes it on a machine that puts the lowest byte first. */
function line(remote: string, { retransmits = 0, probes = 0, state = '01' } = {}): string {
  const again = retransmits.toString(16).toUpperCase().padStart(8, '0');
  return `   7: 0100007F:1F90 ${remote} ${state} 00000010:00000000 01:00000014 ${again}  1000        ${probes} 4711 2 00000000a6305caa 100 0 0 10 0\n`;
}

const PEER = { localPort: 8080, remoteAddress: '198.18.1.2', remotePort: 50_000 };
const AT_PEER = '020112C6:C350';

function watch(tables: () => string[]) {
  let nowMs = 0;
  const clock: Clock = { nowNs: () => nowMs * NS_PER_MS, setTimer: () => ({ cancel() {} }) };
  const silent = new SilentPeers(clock, () => Promise.resolve(tables()));
  return {
    silent,
    async lookAt(tMs: number) {
      nowMs = tMs;
      await silent.refresh(0);
    },
  };
}

describe('peers that answer nothing', () => {
  it('are those to whom the kernel sends the same again, from the first look that finds it so', async () => {
    let retransmits = 0;
    const { silent, lookAt } = watch(() => [HEAD + line(AT_PEER, { retransmits })]);
    await lookAt(0);
    expect(silent.silentNs(PEER)).toBe(0);
    retransmits = 1;
    await lookAt(1000);
    retransmits = 12;
    await lookAt(5000);
    expect(silent.silentNs(PEER)).toBe(4000 * NS_PER_MS);
  });

  it('are no longer once an answer has come, and anew after that', async () => {
    let retransmits = 3;
    const { silent, lookAt } = watch(() => [line(AT_PEER, { retransmits })]);
    await lookAt(0);
    retransmits = 0;
    await lookAt(1000);
    expect(silent.silentNs(PEER)).toBe(0);
    retransmits = 1;
    await lookAt(2000);
    await lookAt(2500);
    expect(silent.silentNs(PEER)).toBe(500 * NS_PER_MS);
  });

  it('are not those without room who say so: one question is always open, more than one is not answered', async () => {
    let probes = 1;
    const { silent, lookAt } = watch(() => [line(AT_PEER, { probes })]);
    await lookAt(0);
    await lookAt(1000);
    expect(silent.silentNs(PEER)).toBe(0);
    probes = 2;
    await lookAt(2000);
    await lookAt(3000);
    expect(silent.silentNs(PEER)).toBe(1000 * NS_PER_MS);
  });

  it.each([
    ['another port there', { ...PEER, remotePort: 50_001 }],
    ['another port here', { ...PEER, localPort: 8081 }],
    ['another address', { ...PEER, remoteAddress: '198.18.1.3' }],
    ['no TCP', {}],
  ])('are told apart: %s', async (_, other) => {
    const { silent, lookAt } = watch(() => [line(AT_PEER, { retransmits: 5 })]);
    await lookAt(0);
    await lookAt(1000);
    expect(silent.silentNs(PEER)).toBeGreaterThan(0);
    expect(silent.silentNs(other as typeof PEER)).toBe(0);
  });

  it.each([
    ['2001:db8::1', 'B80D0120000000000000000001000000'],
    ['::1', '00000000000000000000000001000000'],
    ['::ffff:198.18.1.2', '0000000000000000FFFF0000020112C6'],
    ['fe80::1%eth0', '000080FE000000000000000001000000'],
  ])('are found by the address %s of IPv6', async (remoteAddress, hex) => {
    const { silent, lookAt } = watch(() => ['', line(`${hex}:C350`, { retransmits: 5 })]);
    await lookAt(0);
    await lookAt(1000);
    expect(silent.silentNs({ ...PEER, remoteAddress })).toBe(1000 * NS_PER_MS);
  });

  it('are unknown where there are no tables', async () => {
    const { silent, lookAt } = watch(() => ['', '']);
    await lookAt(0);
    await lookAt(1000);
    expect(silent.silentNs(PEER)).toBe(0);
  });
});
