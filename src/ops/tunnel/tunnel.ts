/** How the tunnel stands. */
export type TunnelState =
  /** cloudflared was started and is not connected yet. */
  | { readonly kind: 'starting'; readonly sinceMs: number }
  | {
      readonly kind: 'ready';
      readonly sinceMs: number;
      /** `https://claudio.example.com`, without a slash at the end. */
      readonly publicUrl: string;
      readonly connectionCount: number;
    }
  | {
      readonly kind: 'down';
      readonly sinceMs: number;
      /** In a few words: what cloudflared said last, or why it does not run. */
      readonly reason: string;
      /** What to do, a sentence. */
      readonly remedy: string;
    };

/** A cloudflared that runs as a child of the service, kept running. */
export interface Tunnel {
  readonly kind: 'named' | 'quick';
  state(): TunnelState;
  /** Calls `onChange` after each change of the state's kind or of its address. Returns what ends that. */
  watch(onChange: () => void): () => void;
  /** Stops cloudflared and all that it started; resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** How the tunnel is, for `GET /health`. `since` is a time in ISO 8601. */
export function tunnelCheck(tunnel: Tunnel) {
  const state = tunnel.state();
  const seen = {
    kind: tunnel.kind,
    state: state.kind,
    since: new Date(state.sinceMs).toISOString(),
  };
  switch (state.kind) {
    case 'ready':
      return {
        ok: true,
        ...seen,
        publicUrl: state.publicUrl,
        connectionCount: state.connectionCount,
      };
    case 'starting':
      return { ok: false, ...seen, remedy: 'It is being set up; ask again in some seconds.' };
    case 'down':
      return { ok: false, ...seen, reason: state.reason, remedy: state.remedy };
  }
}
