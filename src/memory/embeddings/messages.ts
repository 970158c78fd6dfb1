/** What the thread of the model is started with. */
export interface WorkerStart {
  readonly folder: string;
  readonly model: string;
  readonly threadCount: number;
}

/** One text to embed. The thread works on one at a time. */
export interface WorkerRequest {
  readonly text: string;
}

/** What the thread says. */
export type WorkerAnswer =
  | { readonly kind: 'loaded'; readonly dimensionCount: number }
  /** The model cannot be loaded: a sentence, and what to do about it. The thread ends. */
  | { readonly kind: 'unusable'; readonly reason: string; readonly remedy: string }
  | { readonly kind: 'embedded'; readonly vector: Float32Array<ArrayBuffer> }
  /** This text could not be embedded: a sentence. */
  | { readonly kind: 'failed'; readonly reason: string };
