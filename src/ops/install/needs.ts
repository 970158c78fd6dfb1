import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { claudeEnvironment } from '../../agent/claude/environment.ts';
import { locateClaude } from '../../agent/claude/locate.ts';
import { readinessOf } from '../../agent/claude/readiness.ts';
import type { AgentReadiness } from '../../core/agent.ts';
import { messageOf } from '../../core/error.ts';
import { wholeNumber } from '../../core/format.ts';
import type { Finding } from '../../core/finding.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import type { Host } from '../../platform/host.ts';
import { findCloudflared } from '../tunnel/locate.ts';
import { diskCheck } from '../checks.ts';

const AGENT_LIMIT_MS = 20_000;
const MEGABYTE = 1024 * 1024;
const GET_CLAUDE =
  'Install Claude Code (https://claude.com/claude-code), and run `claude` once to log in.';
/** What a service has of a person's environment; a key that only their shell knows is not among it. */
const SEEN_BY_SERVICE = ['HOME', 'USER', 'LOGNAME', 'LANG', 'PATH', 'SHELL'];
/** Set up later on, so they need not be right yet. */
const TO_BE_SET_UP = /^TELEGRAM_(?:BOT_TOKEN|CHAT_ID) /u;

/**
 * Looks at everything that has to be there before anything is set up. Changes nothing. What is `failed`
 * has to be mended first.
 */
export async function lookAtNeeds(
  host: Host,
  inspection: Inspection,
  options: { readonly needsTunnel: boolean },
): Promise<readonly Finding[]> {
  const { home } = inspection;
  const folder = existingParent(home);
  return [
    { name: 'node', state: 'ok', text: `Node ${process.versions.node}` },
    ...(await Promise.all([
      lookAtClaude(host, inspection),
      ...(options.needsTunnel ? [lookAtCloudflared(host, inspection)] : []),
      lookAtDisk(folder),
    ])),
    ...lookAtHome(folder),
    ...lookAtSettings(inspection),
  ];
}

/** Whether only the settings stand in the way. */
export function areOnlySettings(failed: readonly Finding[]): boolean {
  return failed.every(({ name }) => name === 'settings');
}

async function lookAtClaude(host: Host, { settings }: Inspection): Promise<Finding> {
  const program = locateClaude(settings.CLAUDE_BIN ?? null, host.environment);
  const look = (environment: Host['environment']): Promise<AgentReadiness> =>
    readinessOf(
      program,
      claudeEnvironment(environment, 'install'),
      host.userHome,
      AbortSignal.timeout(AGENT_LIMIT_MS),
    );
  const seen = SEEN_BY_SERVICE.map((name) => [name, host.environment[name]] as const);
  const readiness = await look({ ...Object.fromEntries(seen), HOME: host.userHome });
  const name = 'claude';
  if (!readiness.found) {
    const where =
      settings.CLAUDE_BIN === undefined ? '' : ` at ${settings.CLAUDE_BIN} (CLAUDE_BIN)`;
    return {
      name,
      state: 'failed',
      text: `Claude Code was not found${where}`,
      remedy: GET_CLAUDE,
    };
  }
  if (readiness.remedy === null) {
    return { name, state: 'ok', text: `Claude Code ${readiness.version ?? ''}, logged in` };
  }
  if (readiness.loggedIn === false && (await look(host.environment)).remedy === null) {
    return {
      name,
      state: 'warning',
      text: 'Claude Code is logged in by what this shell has set, which the service does not see',
      remedy: 'Run `claude` and log in there with /login, for the service to be logged in too.',
    };
  }
  return {
    name,
    state: 'failed',
    text:
      readiness.loggedIn === false ? 'Claude Code is not logged in' : 'Claude Code does not run',
    remedy: readiness.remedy,
  };
}

/** It can be installed on the way, so that it is missing is no hindrance. */
async function lookAtCloudflared(host: Host, { settings }: Inspection): Promise<Finding> {
  const name = 'cloudflared';
  const found = await findCloudflared(host, settings.CLOUDFLARED_BIN);
  if (found.kind === 'found') return { name, state: 'ok', text: `cloudflared ${found.version}` };
  const remedy =
    found.kind === 'missing' && settings.CLOUDFLARED_BIN === undefined
      ? 'A tunnel needs it; it can be installed when the tunnel is set up.'
      : found.remedy;
  return { name, state: 'warning', text: found.reason, remedy };
}

async function lookAtDisk(folder: string): Promise<Finding> {
  const { ok, freeBytes } = await diskCheck(folder);
  const text = `${wholeNumber(Math.floor(freeBytes / MEGABYTE))} MB of disk free`;
  if (ok) return { name: 'disk', state: 'ok', text };
  return { name: 'disk', state: 'failed', text, remedy: 'Free some space: 500 MB at least.' };
}

/** Says something only where it will not do: the home itself is told of when it is made. */
function lookAtHome(folder: string): Finding[] {
  try {
    if (!statSync(folder).isDirectory()) return [unusableHome(`${folder} is no folder`)];
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [unusableHome(`${folder} cannot be written to: ${messageOf(error)}`)];
  }
  return [];
}

function unusableHome(text: string): Finding {
  return {
    name: 'home',
    state: 'failed',
    text,
    remedy: 'Make it a folder of yours that you can write to, or name another with CLAUDIO_HOME.',
  };
}

function lookAtSettings({ file, faults, warnings }: Inspection): Finding[] {
  const counting = faults.filter((fault) => !TO_BE_SET_UP.test(fault));
  return [
    ...counting.map((fault): Finding => ({
      name: 'settings',
      state: 'failed',
      text: `${file}: ${fault.replace(/\.$/u, '')}`,
      remedy: `Correct that line of ${file}.`,
    })),
    ...warnings.map((text): Finding => ({ name: 'settings', state: 'warning', text })),
  ];
}

function existingParent(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
