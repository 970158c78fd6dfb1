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
export function contradictions(values: Readonly<Record<string, string>>): string[] {
  return [...halves(values), ...conflicts(values)];
}

function halves(values: Readonly<Record<string, string>>): string[] {
  return (values['TUNNEL_NAME'] === undefined) === (values['TUNNEL_HOSTNAME'] === undefined)
    ? []
    : ['TUNNEL_NAME and TUNNEL_HOSTNAME go together: `claudio tunnel setup` sets both.'];
}

function conflicts(values: Readonly<Record<string, string>>): string[] {
  if (values['TUNNEL_QUICK'] !== '1') return [];
  return ['TUNNEL_NAME', 'WEBHOOK_URL']
    .filter((name) => values[name] !== undefined)
    .map((name) => `TUNNEL_QUICK makes an address of its own: remove ${name}, or TUNNEL_QUICK.`);
}

/** What is right in itself, and yet will not do. */
export function doubts(
  settings: Pick<Settings, 'CLAUDE_WORK_DIR' | 'ELEVENLABS_STT_MODEL'>,
): string[] {
  const found: string[] = [];
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
