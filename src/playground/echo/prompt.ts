/** A file that came with a message. */
export interface GivenFile {
  /** Absolute. */
  readonly path: string;
  /** `picture, PNG, 1280 × 720, 210 kB` */
  readonly description: string;
}

/** What the echo has to know of a prompt. */
export interface ReadPrompt {
  /** What the person wrote, without what was quoted. */
  readonly words: string;
  readonly files: readonly GivenFile[];
  /** Whether nothing was said before. */
  readonly isFirst: boolean;
}

const HISTORY = /<claudio-history>[^]*?<\/claudio-history>/gu;
const MESSAGE = /<claudio-message [^>]*>\n([^]*?)\n<\/claudio-message>/gu;
const FILE = /<claudio-file path="([^"]*)">([^]*?)<\/claudio-file>/gu;
/** What else stands in a message beside the words. */
const OTHER =
  /<claudio-(quote|former-text|unusable)\b[^>]*>[^]*?<\/claudio-\1>(?:\nchanged to:)?/gu;
/** Reads what Claudio writes for Claude: no text in it can open or close one of the tags. */
export function readPrompt(prompt: string): ReadPrompt {
  const now = prompt.replaceAll(HISTORY, '');
  const contents = [...now.matchAll(MESSAGE)].map(([, content = '']) => content);
  return {
    words: contents
      .map((content) => restored(content.replaceAll(FILE, '').replaceAll(OTHER, '')).trim())
      .filter((words) => words !== '')
      .join('\n\n'),
    files: contents.flatMap((content) =>
      [...content.matchAll(FILE)].map(([, path = '', description = '']) => ({
        path: unescaped(path),
        description: restored(description),
      })),
    ),
    isFirst: now.length === prompt.length,
  };
}

/** As it was before it was made harmless for Claude. */
function restored(text: string): string {
  return text
    .replaceAll(/&lt;(?=[^\p{L}\p{N}<>]*claudio-)/giu, '<')
    .replaceAll(String.raw`\@`, '@');
}

function unescaped(attribute: string): string {
  return attribute
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
