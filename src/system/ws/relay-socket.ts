/**
 * A WebSocket of the relay: what the peer ends is told and waits for its turn, where the library would answer at
 * once. Pings wait in the same way (`autoPong` is off), so a connection that is busy answers neither.
 */
import { WebSocket } from 'ws';

/** How long a peer may take to answer a close before its socket is cut. */
export const CLOSE_MS = 5000;

export class RelaySocket extends WebSocket {
  /** The peer has sent a close frame, or something that is no protocol: `code` is what to answer. */
  onPeerClose: ((code: number | undefined, reason: Buffer) => void) | undefined;

  /** Called by the library when the peer has ended it. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.onPeerClose === undefined || this.readyState !== WebSocket.OPEN) super.close(code, reason);
    else this.onPeerClose(code, Buffer.from(reason ?? ''));
  }

  /** Sends a close frame; the library cuts the socket if the peer takes longer than {@link CLOSE_MS} to answer. */
  closeNow(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
  }
}
