/** Telegram's own limit is not published; browsers and servers agree on about this much. */
const URL_LIMIT = 2048;

/**
 * The URL as a `text_link` entity can carry it, or `null` where Telegram would refuse the whole
 * message for it or would make a wrong link: only `http` and `https` with a dot in the host (so not
 * `localhost`), and `tg:` links other than to a user, who may be unknown to the bot.
 *
 * Source: `LinkManager::check_link` and `parse_url` in tdlib. They read `mailto:a@b.c` as a web site.
 */
export function linkTarget(target: string): string | null {
  if (/^tg:\/\/(?!user\b)[a-z0-9_-]+(?:[/?][!-~]*)?$/iu.test(target)) {
    return target.length <= URL_LIMIT ? target : null;
  }
  if (!/^https?:/iu.test(target)) return null;
  const url = URL.parse(target);
  if (url === null || url.username !== '' || url.password !== '') return null;
  if (url.href.length > URL_LIMIT) return null;
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+\.?$/u.test(url.hostname) ? url.href : null;
}

/**
 * What to write behind the words of a link that cannot be one, or `null` where it would tell nothing
 * new: an anchor within the document, inline content, or what the words say already.
 */
export function spokenTarget(target: string, words: string): string | null {
  const spoken = target.replace(/^mailto:/iu, '');
  const [path = ''] = spoken.split('#');
  if (path === '' || /^data:/iu.test(path)) return null;
  return words.includes(path) || decoded(path) === words ? null : spoken;
}

function decoded(path: string): string {
  return path.replaceAll('%20', ' ');
}
