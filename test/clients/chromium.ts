/** The Chromium of the machine, with a home of its own in which one CA is trusted the way Chromium is told to. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { findProgram } from './programs.ts';

export interface OwnBrowser extends AsyncDisposable {
  readonly browser: Browser;
}

/** All its traffic goes through `proxyUrl`, if one is given, that to loopback too. `ca` is PEM; without it nothing is trusted. */
export async function startChromium(options: { proxyUrl?: string; ca?: string } = {}): Promise<OwnBrowser> {
  const home = mkdtempSync(join(tmpdir(), 'bpbench-chromium-'));
  const database = join(home, '.pki', 'nssdb');
  mkdirSync(database, { recursive: true });
  const certutil = (...args: string[]) => execFileSync('certutil', ['-d', `sql:${database}`, ...args]);
  certutil('-N', '--empty-password');
  if (options.ca !== undefined) {
    const file = join(home, 'ca.pem');
    writeFileSync(file, options.ca);
    certutil('-A', '-t', 'C,,', '-n', 'the proxy', '-i', file);
  }
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) throw new Error('chromium is not on the PATH');
  const browser = await chromium.launch({
    executablePath,
    // Chromium's sandbox does not start for root, which is who runs in containers.
    args: [
      '--no-sandbox',
      ...(options.proxyUrl === undefined
        ? ['--no-proxy-server']
        : [`--proxy-server=${new URL(options.proxyUrl).host}`, '--proxy-bypass-list=<-loopback>']),
    ],
    env: { PATH: process.env['PATH'] ?? '', HOME: home },
  });
  return {
    browser,
    async [Symbol.asyncDispose]() {
      await browser.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
