/**
 * What happened, what is so, how to do it: the kinds of long-term memory of Tulving, "How many memory
 * systems are there?" (American Psychologist 40, 1985).
 */
export const MEMORY_KINDS = ['episodic', 'semantic', 'procedural'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];

/**
 * How a memory came about. `told`: by `/remember`; `learned`: from a conversation; `noted`: by Claude
 * with its tool; `distilled`: from old episodes; `imported`: from a file.
 */
export const MEMORY_SOURCES = ['told', 'learned', 'noted', 'distilled', 'imported'] as const;
export type MemorySource = (typeof MEMORY_SOURCES)[number];

/** What there is to remember. */
export interface NewMemory {
  readonly kind: MemoryKind;
  /** What it says, to be understood by itself: 1 to {@link MEMORY_TEXT_LENGTH} characters. */
  readonly text: string;
  /** Of an episode: what it was about, and what came of it. */
  readonly context?: string | null;
  readonly outcome?: string | null;
  /** Of a procedure: when it is to be followed. */
  readonly trigger?: string | null;
  /** Of an episode, 0 to 1; 0.5 where nothing is said. */
  readonly importance?: number | null;
  /** Of a fact, 0 to 1; 0.8 where nothing is said. */
  readonly confidence?: number | null;
  readonly source: MemorySource;
  /** The messages that it came from. */
  readonly messageIds?: readonly number[];
  /** Of a fact: the episodes that it was made of. */
  readonly episodeIds?: readonly number[];
  /**
   * Since when it is so, where that is earlier than now: what comes back from a file keeps its date, and
   * what was made of episodes has that of the last of them.
   */
  readonly createdAtMs?: number;
}

/** A memory, as it is kept. */
export interface Memory {
  readonly id: number;
  /** Where it may be recalled: the destination of the conversations that it came from. */
  readonly scope: string;
  readonly kind: MemoryKind;
  readonly text: string;
  readonly context: string | null;
  readonly outcome: string | null;
  readonly trigger: string | null;
  readonly importance: number | null;
  /** As it was at the last access. */
  readonly confidence: number | null;
  readonly source: MemorySource;
  readonly status: 'live' | 'superseded' | 'distilled';
  readonly replacedById: number | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly accessCount: number;
  /** Newest first. */
  readonly recentAccessesMs: readonly number[];
}

/** The most characters of a memory's text, and of each of its context, outcome and trigger. */
export const MEMORY_TEXT_LENGTH = 1000;
export const MEMORY_DETAIL_LENGTH = 300;

/** A memory that was found, and why. */
export interface RecalledMemory {
  readonly memory: Memory;
  /** 0.7 × similarity + 0.3 × activation. */
  readonly score: number;
  /** 0 to 1. */
  readonly similarity: number;
  /** Normalised: 0 to 1. */
  readonly activation: number;
  /** What is left of the confidence of a fact by now. */
  readonly confidence: number | null;
  readonly foundBy: 'meaning' | 'words' | 'both';
}
