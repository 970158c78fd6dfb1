import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { MODES } from '../../core/mode.ts';
import { PROGRESS_LEVELS } from '../../core/progress.ts';
import { MODEL_NAME } from '../../core/model-name.ts';

/** What `STREAM_ANSWERS` means. */
const STREAMING = { '0': 'off', '1': 'edits', draft: 'draft' } as const;

/** The levels of `LOG_LEVEL`, most to least talkative. */
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** Text that is a whole number. */
function digits(from: number, to: number) {
  return z
    .string()
    .refine((text) => /^\d{1,10}$/u.test(text) && Number(text) >= from && Number(text) <= to, {
      error: `must be a whole number from ${from} to ${to}`,
    });
}

const wholeNumber = (fallback: number, from: number, to: number) =>
  digits(from, to).default(String(fallback)).transform(Number);

/** Not set means something of its own here. With a default, it would never be not set. */
const wholeNumberIfSet = (from: number, to: number) =>
  digits(from, to).transform(Number).optional();

const seconds = (fallback: number, from: number, to: number) =>
  wholeNumber(fallback, from, to).transform((value) => value * 1000);

const onOff = (fallback: '0' | '1') =>
  z
    .enum(['0', '1'], { error: 'must be 1 (on) or 0 (off)' })
    .default(fallback)
    .transform((value) => value === '1');

const dollars = (error: string) =>
  z
    .string()
    .regex(/^\d{1,6}(?:\.\d{1,2})?$/u, { error })
    .transform(Number);

/** A name that goes into a request to a service. */
const name = (fallback: string) =>
  z
    .string()
    .regex(/^[\w.-]{1,100}$/u, { error: 'must be letters, digits, _, - or .' })
    .default(fallback);

const url = (allowed: string) =>
  z
    .string()
    .refine((text) => isWebAddress(text), { error: `must be ${allowed}` })
    .transform((text) => text.replace(/\/+$/u, ''));

const list = (item: RegExp, error: string) =>
  z
    .string()
    .transform((text) =>
      text
        // A comma in parentheses is part of an item: `Read(./{src,docs}/**)`.
        .split(/,(?![^(]*\))/u)
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.every((part) => item.test(part)), { error });

/** Labels of letters, digits and inner hyphens, at least two of them. */
const HOSTNAME =
  /^(?=.{4,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/iu;

const absolutePath = z.string().refine((path) => isAbsolute(path), {
  error: 'must be an absolute path',
});

/**
 * Every setting, as text in and as a value out. Durations are given in seconds and become
 * milliseconds. Messages follow the key in a sentence: `PORT must be …`.
 */
export const settingsSchema = z.strictObject({
  PORT: wholeNumber(8421, 1, 65_535),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })
    .default('info'),

  MODEL: z
    .string()
    .regex(MODEL_NAME, {
      error: 'must be an alias such as haiku, sonnet or opus, or the full name of a model',
    })
    .default('haiku'),
  MAX_HISTORY_LINES: wholeNumber(20, 0, 1000),
  CLAUDE_BIN: absolutePath.optional(),
  CLAUDE_WORK_DIR: absolutePath.optional(),
  CLAUDE_TOOLS: list(
    /^[A-Za-z][\w*]*(?:\([^)]*\))?$/u,
    'must be tool names with commas between them, such as Read,Grep,Bash',
  )
    .refine((tools) => tools.length > 0, { error: 'must name at least one tool' })
    .optional(),
  TURN_IDLE_LIMIT: seconds(600, 10, 86_400),

  PROGRESS: z
    .enum(PROGRESS_LEVELS, { error: `must be one of ${PROGRESS_LEVELS.join(', ')}` })
    .default('brief'),
  STREAM_ANSWERS: z
    .enum(['0', '1', 'draft'], { error: 'must be 0, 1 or draft' })
    .default('0')
    .transform((value) => STREAMING[value]),
  JOIN_QUEUED: onOff('0'),
  RICH_MESSAGES: onOff('0'),

  ELEVENLABS_API_KEY: z.string().optional(),
  ELEVENLABS_STT_MODEL: name('scribe_v2'),
  ELEVENLABS_VOICE_ID: name('iP95p4xoKVk53GoZ742B'),
  ELEVENLABS_MODEL: name('eleven_multilingual_v2'),
  ELEVENLABS_API_ROOT: url('a web address, such as https://api.elevenlabs.io').prefault(
    'https://api.elevenlabs.io',
  ),

  MEMORY_ENABLED: onOff('1'),
  MEMORY_EMBEDDING_MODEL: z
    .string()
    .regex(/^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/u, {
      error:
        'must be the name of a model on Hugging Face, such as sentence-transformers/all-MiniLM-L6-v2',
    })
    .default('sentence-transformers/all-MiniLM-L6-v2'),
  MEMORY_MODEL_ROOT: url('a web address, such as https://huggingface.co').prefault(
    'https://huggingface.co',
  ),
  MEMORY_CONSOLIDATION_MODEL: z
    .string()
    .regex(MODEL_NAME, {
      error: 'must be an alias such as haiku, sonnet or opus, or the full name of a model',
    })
    .default('haiku'),
  MEMORY_CONSOLIDATION_DELAY: seconds(60, 0, 86_400),
  MEMORY_DAILY_BUDGET: z
    .string()
    .regex(/^\d{1,4}(?:\.\d{1,2})?$/u, { error: 'must be an amount in US dollars, such as 0.50' })
    .default('0.50')
    .transform(Number),

  MODE: z.enum(MODES, { error: `must be one of ${MODES.join(', ')}` }).default('auto'),
  POLICY: z
    .enum(['permissive', 'strict'], { error: 'must be permissive or strict' })
    .default('permissive'),
  PROJECT_ROOTS: z
    .string()
    .transform((text) => text.split(':').filter((path) => path !== ''))
    .refine((paths) => paths.length > 0 && paths.every((path) => isAbsolute(path)), {
      error: 'must be absolute paths with colons between them, such as /home/me/code:/srv/www',
    })
    .optional(),
  SANDBOX: z.enum(['off', 'bubblewrap'], { error: 'must be off or bubblewrap' }).default('off'),
  PAIRING: onOff('1'),
  AUDIT_TEXT: onOff('0'),
  RATE_LIMIT_PER_HOUR: wholeNumberIfSet(0, 100_000),
  MAX_WAITING_PER_PERSON: wholeNumberIfSet(0, 1000),
  BUDGET_PER_DAY: dollars('must be an amount in US dollars, such as 5 or 2.50').optional(),
  BUDGET_PER_MONTH: dollars('must be an amount in US dollars, such as 100').optional(),
  PERSON_BUDGET_PER_DAY: dollars('must be an amount in US dollars, such as 1.50').optional(),
  PERSON_BUDGET_PER_MONTH: dollars('must be an amount in US dollars, such as 20').optional(),

  MAX_QUEUE_SIZE: wholeNumber(5, 1, 1000),
  MAX_CONCURRENT_TURNS: wholeNumber(3, 1, 100),
  SHUTDOWN_GRACE: seconds(600, 0, 86_400),

  TELEGRAM_BOT_TOKEN: z
    .string({ error: 'is missing. Send /newbot to @BotFather on Telegram and copy the token' })
    .regex(/^\d+:[\w-]+$/u, {
      error: 'must look like 123456:letters-and-digits, as @BotFather gives it',
    }),
  TELEGRAM_CHAT_ID: z
    .string({
      error: 'is missing. It is the number of your own account; @userinfobot on Telegram tells it',
    })
    .regex(/^-?\d{1,19}$/u, { error: 'must be a whole number, such as 123456789' }),
  TELEGRAM_ALLOWED_USERS: list(
    /^\d{1,19}$/u,
    'must be user ids with commas between them, such as 123456789,987654321',
  ).prefault(''),
  TELEGRAM_API_ROOT: url('a web address, such as https://api.telegram.org').prefault(
    'https://api.telegram.org',
  ),

  WEBHOOK_URL: url('the public web address of the tunnel, such as https://claudio.example.com')
    .refine((text) => text.startsWith('https:') || isLoopback(text), {
      error: 'must begin with https://',
    })
    .optional(),
  WEBHOOK_SECRET: z
    .string()
    .regex(/^[\w-]{1,256}$/u, { error: 'must be 1 to 256 letters, digits, _ or -' })
    .optional(),
  WEBHOOK_RETRY_DELAY: seconds(60, 1, 86_400),

  TUNNEL_NAME: z
    .string()
    .regex(/^[\w.-]{1,64}$/u, { error: 'must be 1 to 64 letters, digits, _, - or .' })
    .optional(),
  TUNNEL_HOSTNAME: z
    .string()
    .regex(HOSTNAME, { error: 'must be a host name of your own, such as claudio.example.com' })
    .optional(),
  TUNNEL_QUICK: onOff('0'),
  CLOUDFLARED_BIN: absolutePath.optional(),

  BACKUP_DEST: absolutePath.optional(),
  BACKUP_MAX_AGE: seconds(7200, 60, 31_536_000),
  DISK_USAGE_THRESHOLD: wholeNumber(90, 1, 100),
  LOG_MAX_SIZE: wholeNumber(10_485_760, 10_000, 1_000_000_000),
});

/** The settings after parsing. */
export type Settings = z.infer<typeof settingsSchema>;

/** The settings that nobody but the person may see. */
export const SECRET_SETTINGS: readonly (keyof Settings)[] = [
  'TELEGRAM_BOT_TOKEN',
  'WEBHOOK_SECRET',
  'ELEVENLABS_API_KEY',
];

/** The names of all settings. */
export const SETTING_NAMES: readonly string[] = Object.keys(settingsSchema.shape);

/** As it is given, not as it is after parsing. */
const JSON_SCHEMA = { io: 'input', unrepresentable: 'any' } as const;
/** Made once: that takes a millisecond. */
const DEFAULTS = z
  .looseObject({
    properties: z.record(z.string(), z.looseObject({ default: z.string().optional() })),
  })
  .parse(z.toJSONSchema(settingsSchema, JSON_SCHEMA)).properties;

/** What a setting is where it is not set, as text, such as stands in `service.env`; `null` for nothing. */
export function defaultText(setting: string): string | null {
  return DEFAULTS[setting]?.default || null;
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//iu.test(text) && URL.canParse(text);
}

function isLoopback(text: string): boolean {
  return URL.canParse(text) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(text).hostname);
}
