/** How much a person sees of a turn while it runs: nothing, what it does now, or its last steps too. */
export const PROGRESS_LEVELS = ['off', 'brief', 'full'] as const;

export type ProgressLevel = (typeof PROGRESS_LEVELS)[number];
