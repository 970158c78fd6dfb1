/** What a property list may hold, as far as launchd's ones go. */
export type PlistValue =
  string | number | boolean | readonly PlistValue[] | { readonly [key: string]: PlistValue };

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/**
 * Reads a property list in XML, strictly: the declaration, the document type and one value, nothing
 * else, every tag closed, every entity known, no key twice.
 *
 * @throws Error saying what is wrong, and where.
 */
export function parsePlist(text: string): PlistValue {
  const head =
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*<!DOCTYPE plist PUBLIC "-\/\/Apple\/\/DTD PLIST 1\.0\/\/EN" "http:\/\/www\.apple\.com\/DTDs\/PropertyList-1\.0\.dtd">\s*/u.exec(
      text,
    );
  if (head === null) throw new Error('it does not begin as a property list does');
  const withoutComments = text
    .slice(head[0].length)
    .replaceAll(/<!--(.*?)-->/gsu, (_, comment: string) => {
      if (comment.includes('--')) throw new Error('a comment holds two hyphens');
      return '';
    });
  const reader = new Reader(withoutComments);
  reader.open('plist version="1.0"');
  const value = reader.value();
  reader.close('plist');
  reader.end();
  return value;
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  private fail(what: string): never {
    throw new Error(`${what} at ${JSON.stringify(this.text.slice(this.at, this.at + 40))}`);
  }

  private skip(): void {
    while (/\s/u.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private takes(word: string): boolean {
    this.skip();
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  open(tag: string): void {
    if (!this.takes(`<${tag}>`)) this.fail(`<${tag}> is missing`);
  }

  close(tag: string): void {
    if (!this.takes(`</${tag}>`)) this.fail(`</${tag}> is missing`);
  }

  end(): void {
    this.skip();
    if (this.at !== this.text.length) this.fail('there is more');
  }

  private content(tag: string): string {
    const end = this.text.indexOf('<', this.at);
    if (end === -1) this.fail(`</${tag}> is missing`);
    const raw = this.text.slice(this.at, end);
    this.at = end;
    if (!this.text.startsWith(`</${tag}>`, end)) this.fail(`</${tag}> is missing`);
    this.at += tag.length + 3;
    // XML has no way at all to write these.
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/u.test(raw)) this.fail('a control character');
    return raw.replaceAll(/&([^;]*;?)/gu, (_, name: string) => {
      const code = /^#x([\da-f]+);$/iu.exec(name)?.[1];
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return ENTITIES[name.replace(/;$/u, '')] ?? this.fail(`&${name} is not known`);
    });
  }

  value(): PlistValue {
    if (this.takes('<true/>')) return true;
    if (this.takes('<false/>')) return false;
    if (this.takes('<string/>')) return '';
    if (this.takes('<string>')) return this.content('string');
    if (this.takes('<integer>')) return this.integer();
    if (this.takes('<array>')) {
      const values: PlistValue[] = [];
      while (!this.takes('</array>')) values.push(this.value());
      return values;
    }
    if (this.takes('<dict>')) return this.dictionary();
    return this.fail('no value');
  }

  private integer(): number {
    const text = this.content('integer');
    return /^-?\d+$/u.test(text) ? Number(text) : this.fail(`${text} is no integer`);
  }

  private dictionary(): PlistValue {
    const entries = new Map<string, PlistValue>();
    while (!this.takes('</dict>')) {
      if (!this.takes('<key>')) this.fail('<key> is missing');
      const key = this.content('key');
      if (entries.has(key)) this.fail(`${key} stands there twice`);
      entries.set(key, this.value());
    }
    return Object.fromEntries(entries);
  }
}
