/** Request targets that are whole URLs (RFC 9112 §3.2.2). */

export interface AbsoluteForm {
  /** As in the URL, with the port where it has one. */
  readonly host: string;
  readonly hostname: string;
  readonly port: number;
  /** In origin form. */
  readonly target: string;
}

/** The parts of an absolute http URL, or what is wrong with it. Nothing is normalised: the path goes on as it came. */
export function parseAbsolute(text: string, method: string): AbsoluteForm | string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(#?)/i.exec(text);
  if (match === null) return 'a forward proxy expects a whole URL, such as http://127.0.0.1:8080/path';
  const [, scheme = '', host = '', rest = '', fragment = ''] = match;
  if (scheme.toLowerCase() === 'https') return 'https goes through a tunnel: use CONNECT';
  if (scheme.toLowerCase() !== 'http') return `only http URLs are passed on, not ${scheme}`;
  if (fragment !== '') return 'a request target has no fragment';
  if (host.includes('@')) return 'a URL with a user name is not passed on';
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host);
  const hostname = parts?.[1] ?? '';
  const port = parts?.[2] === undefined ? 80 : Number(parts[2]);
  if (parts === null || hostname === '' || port < 1 || port > 65_535)
    return `'${host}' is no host with a port`;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const isOfServer = method === 'OPTIONS' && rest === ''; // RFC 9112 §3.2.4
  return {
    host,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    target: isOfServer ? '*' : path,
  };
}
