const DEFINITION = /^ {0,3}\[((?:[^\][\\\n]|\\.){1,200})\]:[ \t]*\S.*$/gm;
const MENTION = /\[((?:[^\][\\\n]|\\.){1,200})\]/g;
/** Ends a footnote, so that an indented line behind the stubs does not become part of it. */
const STOP = '[\u{1F}]: #\n\n';

/**
 * The definitions of links and footnotes in a whole answer, for its sections, which are parsed one by
 * one and do not see each other's.
 */
export class References {
  readonly #lines = new Map<string, string>();
  /** How often a label is mentioned, less how often it is defined. */
  readonly #mentionCounts = new Map<string, number>();

  constructor(markdown: string) {
    for (const [line, label = ''] of markdown.matchAll(DEFINITION)) {
      const key = normalised(label);
      if (!this.#lines.has(key)) this.#lines.set(key, line.trim());
      this.#count(key, -1);
    }
    if (this.#lines.size === 0) return;
    for (const [, label = ''] of markdown.matchAll(MENTION)) {
      this.#count(normalised(label), 1);
    }
  }

  /** Markdown that defines what a section mentions, to stand before it; often empty. */
  preambleOf(section: string): string {
    if (this.#lines.size === 0) return '';
    const labels = new Set<string>();
    for (const [, label = ''] of section.matchAll(MENTION)) labels.add(normalised(label));
    const lines = [...labels].flatMap((label) => this.#lines.get(label) ?? []);
    return lines.length === 0 ? '' : `${lines.join('\n\n')}\n\n${STOP}`;
  }

  /** Whether anything but its own definition mentions a label, so that it need not be shown itself. */
  isMentioned(label: string): boolean {
    return (this.#mentionCounts.get(normalised(label)) ?? 0) > 0;
  }

  #count(key: string, step: number): void {
    this.#mentionCounts.set(key, (this.#mentionCounts.get(key) ?? 0) + step);
  }
}

function normalised(label: string): string {
  return label.replaceAll(/\s+/g, ' ').trim().toLowerCase();
}
