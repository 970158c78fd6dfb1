import { join } from 'node:path';
import type { ServiceUnit } from './service-manager.ts';
import { quoteArgument, quoteProgram, quoteWord, unquoteWord } from './systemd-quote.ts';
import { fillTemplate } from './template.ts';

/** What a unit remembers: whether Claudio turned lingering on. */
export type LingeringMark = 'turned-on-by-claudio' | 'as-it-was';

/** The text of the unit, made from `deploy/claudio.service`. */
export function systemdUnit(unit: ServiceUnit, lingering: LingeringMark): string {
  return fillTemplate('claudio.service', {
    NODE: quoteProgram(unit.nodePath),
    PROGRAM: quoteArgument(unit.programPath),
    CLAUDIO_HOME: quoteWord(`CLAUDIO_HOME=${unit.claudioHome}`),
    PATH: quoteWord(`PATH=${unit.path}`),
    STOP_SECONDS: String(Math.ceil(unit.stopLimitMs / 1000)),
    LINGERING: lingering,
  });
}

/** The home that a unit is for. One that was set up by hand, before `claudio install` was, has the usual one. */
export function homeOfUnit(text: string, userHome: string): string {
  return variableOf(text, 'CLAUDIO_HOME') ?? join(userHome, '.claudio');
}

/** The PATH that a unit gives, or `null` where it gives none. */
export function pathOfUnit(text: string): string | null {
  return variableOf(text, 'PATH');
}

function variableOf(text: string, name: 'CLAUDIO_HOME' | 'PATH'): string | null {
  const word = new RegExp(`^Environment=("${name}=.*")$`, 'mu').exec(text)?.[1];
  return word === undefined ? null : unquoteWord(word).slice(name.length + 1);
}

export function lingeringOfUnit(text: string): LingeringMark {
  return /^Lingering=turned-on-by-claudio$/mu.test(text) ? 'turned-on-by-claudio' : 'as-it-was';
}
