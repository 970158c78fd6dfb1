/** A git command that only reads, checked and written so that a shell takes it for just these words. */
export interface GitReading {
  /** `git log --oneline -5` */
  readonly line: string;
  /** The use of a tool that it takes, and no other: `Bash(git log --oneline -5)`. */
  readonly tool: string;
}

/** What one form of git may be given. Whatever is not named is refused. */
interface Form {
  readonly flags: ReadonlySet<string>;
  /** Those with a value, by `=` or as the next word. */
  readonly valued: ReadonlySet<string>;
  /** Short ones with their value right behind them. */
  readonly short: RegExp;
  /**
   * Flags without which a word of its own would name something to be made: `git branch NAME`.
   * `null`: words are revisions and paths.
   */
  readonly listing: ReadonlySet<string> | null;
}

const NOTHING = /^$/u;

const LOOKING = words(`
  --oneline --graph --all --branches --tags --remotes --decorate --no-decorate --merges --no-merges
  --first-parent --reverse --follow --abbrev-commit --no-abbrev-commit --date-order --topo-order
  --author-date-order --left-right --boundary --full-history --simplify-by-decoration --walk-reflogs
  --no-walk --regexp-ignore-case --extended-regexp --fixed-strings --invert-grep --all-match
  --relative-date --stat --shortstat --numstat --compact-summary --summary --dirstat --name-only
  --name-status --raw --patch --no-patch --patch-with-stat --cached --staged --merge-base --check
  --word-diff --minimal --patience --histogram --function-context --text --full-index --no-color
  --no-prefix --find-renames --no-renames --find-copies --ignore-all-space --ignore-space-change
  --ignore-space-at-eol --ignore-blank-lines --no-ext-diff --no-textconv
  -p -u -s -m -g -i -E -F -w -b -W -M -C -R -a`);

const REVISIONS: Form = {
  flags: LOOKING,
  valued: words(`
    --max-count --skip --since --until --after --before --author --committer --grep --format --pretty
    --date --decorate --abbrev --stat --unified --word-diff --diff-filter --diff-algorithm
    --find-renames --ignore-submodules -n -S -G`),
  short: /^-(?:\d+|[nU]\d+|M\d+%?|[SG].+)$/u,
  listing: null,
};

/** A repository can name programs that show its changes: none of them is run. */
const OWN_EYES = ['--no-ext-diff', '--no-textconv'];

/** What `branch` and `tag` have in common: which of them to list, and how. */
const CHOOSING = words('--contains --no-contains --merged --no-merged --points-at --sort --format');

const FORMS: Readonly<Record<string, Form>> = {
  log: REVISIONS,
  diff: REVISIONS,
  show: REVISIONS,
  status: {
    flags: words(`
      --short --branch --long --porcelain --show-stash --ignored --ahead-behind --no-ahead-behind
      --renames --no-renames --untracked-files --verbose -s -b -sb -v -vv -u -uno -unormal -uall`),
    valued: words('--porcelain --untracked-files --ignored --ignore-submodules --find-renames'),
    short: NOTHING,
    listing: null,
  },
  branch: {
    flags: words(`
      --list --all --remotes --verbose --show-current --ignore-case --no-abbrev --no-color --no-column
      -a -r -v -vv -i -av -avv -va -vva -rv -rvv`),
    valued: CHOOSING,
    short: NOTHING,
    listing: words('--list'),
  },
  tag: {
    flags: words('--list --ignore-case --no-color --no-column -l -n -i'),
    valued: CHOOSING,
    short: /^-n\d+$/u,
    listing: words('--list -l'),
  },
  remote: {
    flags: words('--verbose -v'),
    valued: new Set(),
    short: NOTHING,
    listing: new Set(),
  },
};

const GET_URL: Form = {
  flags: words('--all --push'),
  valued: new Set(),
  short: NOTHING,
  listing: null,
};

/** Letters of any language, and what names of revisions, paths, dates and formats are made of. */
const SAFE = /^[\p{L}\p{N}._/:@^~{}=+%# -]+$/u;
/** What a shell takes as it is, wherever in a word it stands but at its beginning. */
const BARE = /^[\w./:@+%-][\w./:@^~=+%-]*$/u;

/**
 * Checks what somebody typed behind `/git`. Nothing runs here.
 *
 * @returns A sentence where it is not one of the reading forms of `status`, `log`, `diff`, `branch`,
 * `show`, `remote` and `tag`: Markdown.
 */
export function readGit(typed: string): GitReading | { readonly fault: string } {
  const split = splitWords(typed);
  if (split === null) return { fault: 'A quote in it has no end.' };
  const [subcommand = '', ...rest] = split[0] === 'git' ? split.slice(1) : split;
  const unsafe = [subcommand, ...rest].find((word) => !SAFE.test(word));
  const isEmpty = subcommand === '' && rest.length === 0;
  if (unsafe !== undefined && !isEmpty) {
    return {
      fault:
        'Only letters, digits, spaces in quotes and `. _ / : @ ^ ~ { } = + % # -` may stand in it.',
    };
  }
  if (!Object.hasOwn(FORMS, subcommand)) {
    return { fault: `I know these, as far as they only read: ${Object.keys(FORMS).join(', ')}.` };
  }
  const isGetUrl = subcommand === 'remote' && rest[0] === 'get-url';
  const form = isGetUrl ? GET_URL : FORMS[subcommand];
  const wrong = form === undefined ? subcommand : wrongWord(form, isGetUrl ? rest.slice(1) : rest);
  if (wrong !== null) {
    return {
      fault: `Only what reads may be run here, so \`git ${subcommand}\` takes no \`${wrong}\`.`,
    };
  }
  const fixed = form === REVISIONS ? OWN_EYES : [];
  const line = ['git', subcommand, ...fixed, ...rest].map(forShell).join(' ');
  return { line, tool: `Bash(${line})` };
}

/** The first word that may not stand there, or `null`. */
function wrongWord(form: Form, given: readonly string[]): string | null {
  let isBehindOptions = false;
  let lists = form.listing === null;
  for (let index = 0; index < given.length; index += 1) {
    const word = given[index] ?? '';
    if (word === '--' && !isBehindOptions) {
      isBehindOptions = true;
    } else if (!word.startsWith('-')) {
      if (!lists || leadsOutside(word)) return word;
    } else if (isBehindOptions) {
      // Where git took the `--` for a value, this would be an option.
      return word;
    } else if (form.flags.has(word) || form.short.test(word)) {
      lists ||= form.listing?.has(word) ?? false;
    } else {
      const [name, value] = splitOnce(word);
      if (!form.valued.has(name)) return word;
      if (value === undefined) {
        // Git may take the next word for its value, whatever that is.
        index += 1;
        const next = given[index] ?? '';
        if (next.startsWith('-') || leadsOutside(next)) return `${word} ${next}`;
      }
    }
  }
  return null;
}

/** `git diff` reads any two files of the machine where one of them is outside of the repository. */
function leadsOutside(word: string): boolean {
  return /^[/~]/u.test(word) || word.split('/').includes('..');
}

/** As a shell would, less all that it does with what it finds. `null`: a quote has no end. */
function splitWords(typed: string): readonly string[] | null {
  const pieces = /^(?:[^\s'"]|'[^']*'|"[^"]*"|[^\S\n\r])*$/u;
  if (/[\n\r]/u.test(typed.trim())) return ['\n'];
  if (!pieces.test(typed.trim())) return null;
  const found = typed.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/gu);
  return [...found].map(([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/gu, '$1$2'));
}

function forShell(word: string): string {
  return BARE.test(word) ? word : `'${word}'`;
}

function splitOnce(word: string): readonly [string, string?] {
  const at = word.indexOf('=');
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/u));
}
