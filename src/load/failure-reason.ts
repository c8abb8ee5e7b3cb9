/** Why a connection or request failed, in the words of the record. */

/** The reasons that only the harness's own limits cause: never the target's fault. */
const BY_CODE: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ENOENT: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAGAIN: 'backlog_full',
  EMFILE: 'harness_out_of_descriptors',
  ENFILE: 'harness_out_of_descriptors',
  EADDRNOTAVAIL: 'harness_out_of_ports',
  EADDRINUSE: 'harness_out_of_ports',
};

/** The reason for a socket error; its lower-case code where there is no word for it. */
export function reasonOfError(error: NodeJS.ErrnoException): string {
  const code = error.code ?? 'unknown';
  return BY_CODE[code] ?? code.toLowerCase();
}

/** The reason for an answer that is no success, for example `http_503`. */
export function reasonOfStatus(status: number): string {
  return `http_${status}`;
}
