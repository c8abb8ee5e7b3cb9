/** `--origin URL`: a server of the user's own behind the reverse proxy. */
import { connect } from 'node:net';
import { checkHost } from '../conductor/target-guard.ts';
import { BenchError } from '../core/errors.ts';

const PROBE_TIMEOUT_MS = 1000;
/** Those below 1024 that the proxies connect to. */
const LOW_PORTS: ReadonlySet<number> = new Set([80, 443]);

/**
 * The origin of `text`, such as `http://127.0.0.1:3000`.
 *
 * Errors: BPB_ERR_USAGE for anything but an http URL without path, query and user, and for a port that the proxies
 * never connect to; BPB_ERR_TARGET_NOT_ALLOWED for a host that is neither this machine nor allowed.
 */
export async function readOrigin(text: string, allowedHosts: readonly string[]): Promise<URL> {
  const refuse = (expected: string, ...hints: string[]): never => {
    throw new BenchError('BPB_ERR_USAGE', `--origin expects ${expected}, got '${text}'`, { hints });
  };
  const url = URL.parse(text) ?? refuse('a URL', '--origin http://127.0.0.1:3000');
  if (url.protocol === 'https:') {
    return refuse(
      'an http URL, as the reverse proxy speaks plain HTTP to its origin',
      'reach servers with TLS through the forward proxy: curl --proxy <proxyUrl> --cacert <caCertPath> https://…',
    );
  }
  if (url.protocol !== 'http:') return refuse('an http URL', '--origin http://127.0.0.1:3000');
  if (url.username !== '' || url.password !== '') {
    return refuse('a URL without a user', 'clients send their own Authorization');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return refuse('a URL without path and query: those come from the requests', `--origin ${url.origin}`);
  }
  if (portOf(url) < 1024 && !LOW_PORTS.has(portOf(url))) return refuse('port 80, 443 or 1024 and up');
  await checkHost(url, allowedHosts, 'the proxies connect to loopback only');
  return url;
}

/** Why nothing takes connections at `origin` now, or `undefined` when something does. */
export function findOriginSilent(origin: URL): Promise<string | undefined> {
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: portOf(origin), autoSelectFamily: true });
    const settle = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(`no answer within ${PROBE_TIMEOUT_MS} ms`));
    socket.once('connect', () => settle(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}

function portOf(url: URL): number {
  return url.port === '' ? 80 : Number(url.port);
}
