/** Packages without types of their own, as far as they are used here. */
declare module 'tunnel' {
  import type { Socket } from 'node:net';

  interface Options {
    proxy: { host: string; port: number };
    maxSockets?: number;
    ca?: readonly Uint8Array[];
  }
  /** Stands for an agent of `node:http`, and is none. */
  export interface TunnelAgent {
    readonly sockets: readonly Socket[];
  }
  const tunnel: { httpOverHttp(options: Options): TunnelAgent; httpsOverHttp(options: Options): TunnelAgent };
  export default tunnel;
}

declare module 'global-agent' {
  export function bootstrap(): boolean;
}
