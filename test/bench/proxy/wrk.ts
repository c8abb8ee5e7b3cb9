/** wrk as the load: GETs over 64 keep-alive connections. */
import { runOnLoadCore } from './process.ts';
import type { Load } from './rounds.ts';

export const WRK_CONNECTIONS = 64;

/** Throws when one answer was an error or not whole. */
export async function runWrk(url: string, seconds: number): Promise<Load> {
  const text = await runOnLoadCore('wrk', ['-t1', `-c${WRK_CONNECTIONS}`, `-d${seconds}s`, url]);
  const bad = /(Socket errors|Non-2xx).*/.exec(text)?.[0];
  if (bad !== undefined) throw new Error(`${url}: ${bad}`);
  const [, requests, took, unit] = /(\d+) requests in ([\d.]+)(s|m)/.exec(text) ?? [];
  if (requests === undefined) throw new Error(`wrk said something else than expected:\n${text}`);
  return { requests: Number(requests), seconds: Number(took) * (unit === 'm' ? 60 : 1) };
}
