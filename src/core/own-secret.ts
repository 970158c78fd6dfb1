/** Shorter ones would take ordinary words away. */
const LEAST_LENGTH = 8;
/** The number of a bot, before its secret. */
const BOT_ID = /^\d+:/u;

/**
 * Everything that gives a secret away: itself, as it stands in an address, without the bot's number, and
 * as base64 of it, or of something around it, shows it. Longest first.
 */
export function formsOf(secrets: readonly string[]): readonly string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const plain of [secret, secret.replace(BOT_ID, '')]) {
      for (const form of [plain, encodeURIComponent(plain.toWellFormed()), ...inBase64(plain)]) {
        if (form.length >= LEAST_LENGTH) forms.add(form);
      }
    }
  }
  return [...forms].toSorted((one, other) => other.length - one.length);
}

/** In base64 three bytes make four characters, so it looks different at each of three places. */
function inBase64(plain: string): readonly string[] {
  if (plain.length < LEAST_LENGTH) return [];
  const bytes = new TextEncoder().encode(plain);
  return [0, 1, 2].flatMap((before) => {
    const encoded = base64([...Array<number>(before).fill(0), ...bytes]);
    // Without the characters that what stands before and behind has a part in.
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const core = encoded.slice(from, to);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function base64(bytes: readonly number[]): string {
  return btoa(String.fromCharCode(...bytes));
}
