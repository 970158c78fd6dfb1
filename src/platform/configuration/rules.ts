import { isFolder } from '../files.ts';
import { settingsSchema, type Settings } from './schema.ts';

/** What a change of one setting would come to. */
export interface ChangeVerdict {
  /** Why it is not to be made, a sentence each. */
  readonly faults: readonly string[];
  /** What is still to be done with it, a sentence each. */
  readonly warnings: readonly string[];
}

/** Looks what would become of settings, given as text, if one of them changed; `null` removes it. */
export function checkChange(
  given: Readonly<Record<string, string>>,
  name: string,
  value: string | null,
): ChangeVerdict {
  const { [name]: _, ...others } = given;
  const values = value === null || value === '' ? others : { ...others, [name]: value };
  const schema = Object.entries(settingsSchema.shape).find(([key]) => key === name)?.[1];
  const parsed = value === null ? undefined : schema?.safeParse(values[name]);
  const isNew = (fault: string) => !contradictions(given).includes(fault);
  return {
    faults: [
      ...(parsed?.error?.issues.map(({ message }) => `${name} ${message}.`) ?? []),
      ...conflicts(values).filter(isNew),
    ],
    // The other half can only be set after this one.
    warnings: halves(values).filter(isNew),
  };
}

/** What is right in itself and cannot be together, a sentence each. */
export function contradictions(
  values: Readonly<Record<string, string>>,
  platform?: NodeJS.Platform,
): string[] {
  return [...halves(values), ...conflicts(values, platform)];
}

function halves(values: Readonly<Record<string, string>>): string[] {
  return (values['TUNNEL_NAME'] === undefined) === (values['TUNNEL_HOSTNAME'] === undefined)
    ? []
    : ['TUNNEL_NAME and TUNNEL_HOSTNAME go together: `claudio tunnel setup` sets both.'];
}

function conflicts(
  values: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const addresses = values['TUNNEL_QUICK'] === '1' ? ['TUNNEL_NAME', 'WEBHOOK_URL'] : [];
  return [
    ...addresses
      .filter((name) => values[name] !== undefined)
      .map((name) => `TUNNEL_QUICK makes an address of its own: remove ${name}, or TUNNEL_QUICK.`),
    ...(values['SANDBOX'] === 'bubblewrap' && platform !== 'linux'
      ? ['SANDBOX can be bubblewrap on Linux alone: set it to off here.']
      : []),
  ];
}

/** What is right in itself, and yet will not do. */
export function doubts(
  settings: Pick<Settings, 'CLAUDE_WORK_DIR' | 'ELEVENLABS_STT_MODEL'> &
    Partial<Pick<Settings, 'TELEGRAM_CHAT_ID'>>,
): string[] {
  const found: string[] = [];
  if (settings.TELEGRAM_CHAT_ID?.startsWith('-') === true) {
    found.push(
      'TELEGRAM_CHAT_ID is that of a group, so nobody is the owner: being in a group is no right. Set it to your own id (@userinfobot on Telegram tells it), and let others in with `claudio access grant ID member`.',
    );
  }
  const workDir = settings.CLAUDE_WORK_DIR;
  if (workDir !== undefined && !isFolder(workDir)) {
    found.push(
      `CLAUDE_WORK_DIR is ${workDir}, which is no folder, so Claude cannot work there. Make it, or set another one.`,
    );
  }
  if (settings.ELEVENLABS_STT_MODEL === 'scribe_v1') {
    found.push(
      'ELEVENLABS_STT_MODEL is scribe_v1, which ElevenLabs has retired. Set it to scribe_v2, or remove it.',
    );
  }
  return found;
}
