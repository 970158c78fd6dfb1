import type { ServiceUnit } from './service-manager.ts';
import { fillTemplate } from './template.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** The text of the agent, made from `deploy/com.claudio.server.plist`. */
export function launchdAgent(unit: ServiceUnit, stderrPath: string): string {
  return fillTemplate('com.claudio.server.plist', {
    NODE: escapeXml(unit.nodePath),
    PROGRAM: escapeXml(unit.programPath),
    CLAUDIO_HOME: escapeXml(unit.claudioHome),
    PATH: escapeXml(unit.path),
    STOP_SECONDS: String(Math.ceil(unit.stopLimitMs / 1000)),
    STDERR: escapeXml(stderrPath),
  });
}

/** The home that an agent is for, or `null` where it does not tell. */
export function homeOfAgent(text: string): string | null {
  return variableOf(text, 'CLAUDIO_HOME');
}

/** The PATH that an agent gives, or `null` where it gives none. */
export function pathOfAgent(text: string): string | null {
  return variableOf(text, 'PATH');
}

function variableOf(text: string, name: 'CLAUDIO_HOME' | 'PATH'): string | null {
  const found = new RegExp(`<key>${name}</key>\\s*<string>([^<]*)</string>`, 'u').exec(text)?.[1];
  if (found === undefined) return null;
  const letters = new Map(Object.entries(ENTITIES).map(([letter, entity]) => [entity, letter]));
  return found.replaceAll(/&[a-z]+;/gu, (entity) => letters.get(entity) ?? entity);
}

/** Text as XML may hold it between two tags. */
function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (letter) => ENTITIES[letter] ?? letter);
}
