/** What `serve` plays: the settings of a scenario, and what the command line changes of them. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { BenchError, messageOf } from '../core/errors.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import { drawSeed } from '../core/random.ts';
import { resolvePlan } from '../scenarios/resolve.ts';
import type { ScenarioSource } from '../scenarios/source.ts';

export interface ServeSettings {
  readonly set: readonly string[];
  readonly connect?: 'tunnel' | 'intercept';
  readonly allowHost: readonly string[];
  readonly caCert?: string;
  readonly upstreamCa?: string;
}

const CONNECT = 'system.forward.connect';

/**
 * The scenario's plan, where tunnels are intercepted unless the scenario, `--set` or `--connect` says otherwise:
 * who starts the proxies by hand wants to look into them.
 *
 * Errors: those of `resolvePlan`; BPB_ERR_USAGE for a certificate where nothing is intercepted, and for one that
 * cannot be read.
 */
export function resolveServed(source: ScenarioSource, settings: ServeSettings): ScenarioPlan {
  const { set, connect, allowHost, caCert, upstreamCa } = settings;
  const plan = resolvePlan(source, {
    seed: drawSeed(),
    sets: [
      ...(source.locate(CONNECT.split('.'), 'value') === null ? [`${CONNECT}=intercept`] : []),
      ...set,
      ...(connect === undefined ? [] : [`${CONNECT}=${connect}`]),
    ],
  });
  const { forward } = plan.system;
  if (caCert !== undefined && forward.connect === 'tunnel') {
    throw new BenchError(
      'BPB_ERR_USAGE',
      '--ca-cert names the file of a certificate, and tunnels need none',
      {
        hints: ['--connect intercept'],
      },
    );
  }
  const allowHosts = [...new Set([...forward.allowHosts, ...allowHost.map(plainHost)])];
  const trusted = upstreamCa === undefined ? {} : { upstreamCa: readCertificates(upstreamCa) };
  return { ...plan, system: { ...plan.system, forward: { ...forward, allowHosts, ...trusted } } };
}

function readCertificates(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BenchError('BPB_ERR_USAGE', `--upstream-ca cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new BenchError('BPB_ERR_USAGE', `--upstream-ca expects certificates in PEM form, got ${path}`);
}

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/;

/** A host as proxies compare it: in lower case, without the brackets of an address. */
function plainHost(host: string): string {
  const plain = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (isIP(plain) !== 0 || HOST_NAME.test(plain)) return plain;
  throw new BenchError(
    'BPB_ERR_USAGE',
    `--allow-host expects a host without scheme and port, got '${host}'`,
    {
      hints: ['--allow-host api.example.com'],
    },
  );
}
