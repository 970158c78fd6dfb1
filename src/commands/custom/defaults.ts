import type { z } from 'zod';
import type { commandsSchema } from './schema.ts';

/** What stands in `commands.json` until the person changes it. */
const DEFAULT_COMMANDS: z.input<typeof commandsSchema> = [
  {
    name: 'run',
    description: 'Have Claude do what follows, as a plain message would',
    prompt: '{{prompt}}',
    arguments: [{ name: 'prompt', rest: true }],
    role: 'viewer',
  },
  {
    name: 'deploy',
    description: 'Deploy to staging, production or dev',
    summary: 'Deploy to {{env}}',
    prompt: [
      'Deploy this project to the {{env}} environment, in the way that the project itself lays down: its scripts, its pipeline, its notes.',
      'Stop at the first step that fails, and do not try to get around it.',
      'At the end say which version went out, where it can be reached, and, for production, whether its health checks pass.',
    ].join(' '),
    arguments: [{ name: 'env', choices: ['staging', 'production', 'dev'], default: 'staging' }],
    role: 'owner',
    confirm: { env: ['production'] },
  },
  {
    name: 'test',
    description: 'Run the tests of the project',
    prompt:
      'Run the tests of this project. Say how many passed, failed and could not run, and for each failure its name and the line that tells why. Change nothing.',
  },
  {
    name: 'git',
    description: 'Look at the repository: status, log, diff, branch, show, remote, tag',
    prompt:
      'Run just this one git command, exactly as it stands here and once, and show what it prints, shortened where that is long: {{command}}',
    arguments: [{ name: 'command', kind: 'git-read' }],
    mode: 'auto',
  },
];

/** The same as the text of a file that a person can go on from. */
export function defaultCommandsText(): string {
  return `${JSON.stringify(DEFAULT_COMMANDS, null, 2)}\n`;
}
