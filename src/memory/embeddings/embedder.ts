/** What became of an attempt to embed. */
export type Embedding =
  /** A vector of length 1 a text, in the order of the texts. */
  | { readonly kind: 'embedded'; readonly vectors: readonly Float32Array[] }
  /** A sentence on why not, with what to do about it. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Where an embedder stands. */
export type EmbedderState =
  /** The model's files are not there, or cannot be used; `remedy` is a sentence. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly remedy: string }
  /** There, and not loaded now. */
  | { readonly kind: 'resting' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly dimensionCount: number };

/** The port to what gives texts their vectors. */
export interface Embedder {
  /** The name of the model: vectors of two models cannot be compared. */
  readonly model: string;
  state(): EmbedderState;
  /**
   * Embeds texts of any length; what is beyond the model's window is not looked at. Loads the model where
   * it is not. Never throws, and keeps no event loop waiting. `urgent` ones, such as the message of a
   * turn, go before others that wait.
   */
  embed(
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal; readonly urgent?: boolean },
  ): Promise<Embedding>;
  /** Unloads the model. What waits is `unavailable`. */
  close(): Promise<void>;
}
