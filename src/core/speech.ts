/** Why something could not be heard or spoken. */
export type SpeechFailure =
  /** The key is wrong, or may not do this. */
  | { readonly code: 'key-refused' }
  /** What the account has bought is used up. */
  | { readonly code: 'quota-used-up' }
  | { readonly code: 'rate-limited' }
  /** No answer, or none that is the service's. */
  | { readonly code: 'unreachable' }
  /** The recording, or the text, is none that can be worked on. */
  | { readonly code: 'refused' }
  /** There are no words in the recording. */
  | { readonly code: 'nothing-heard' };

/** Something that went wrong with speech. `detail` is for the log only. */
export interface SpeechFault {
  readonly kind: 'failed';
  readonly failure: SpeechFailure;
  readonly detail: string;
}

/** A recording as it came. */
export interface Recording {
  readonly content: Uint8Array;
  /** With the ending that fits its content: `voice.ogg`. */
  readonly name: string;
  /** By its first bytes. */
  readonly mimeType: string;
}

/** An answer, spoken. */
export interface Spoken {
  readonly kind: 'spoken';
  readonly content: Uint8Array;
  /** `answer.mp3` */
  readonly name: string;
  /** The words that were spoken. */
  readonly words: string;
  /** Markdown of what cannot be spoken, or was too long for it; blank where nothing was left out. */
  readonly leftOut: string;
}

/** The port to a service that listens and speaks. Neither call throws for what that service does. */
export interface Speech {
  /** Writes down what is said, after a few attempts where it is worth it. */
  transcribe(
    recording: Recording,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'heard'; readonly text: string } | SpeechFault>;
  /** Speaks an answer in Markdown; `nothing-to-say` where it has no words that can be spoken. */
  speak(
    markdown: string,
    signal: AbortSignal,
  ): Promise<Spoken | { readonly kind: 'nothing-to-say' } | SpeechFault>;
  /** Says in a sentence or two of Markdown what a failure means and what can be done about it. */
  explain(failure: SpeechFailure): string;
}
