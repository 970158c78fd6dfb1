import { describe, expect, it, onTestFinished } from 'vitest';
import { claudeEnvironment } from '../../../src/agent/claude/environment.ts';
import { emptyEnvironment } from '../../environment.ts';
import { openRig, outcomeOf } from './rig.ts';

const SECRETS = {
  TELEGRAM_BOT_TOKEN: 'made-up-1',
  WEBHOOK_SECRET: 'made-up-2',
  ELEVENLABS_API_KEY: 'made-up-3',
  CLOUDFLARE_TUNNEL_TOKEN: 'made-up-4',
  TUNNEL_TOKEN: 'made-up-5',
  CLAUDIO_ANYTHING: 'made-up-6',
  DATABASE_URL: 'made-up-7',
  OPENAI_API_KEY: 'made-up-8',
  AWS_SECRET_ACCESS_KEY: 'made-up-9',
  NODE_OPTIONS: 'made-up-10',
};

describe('the environment of Claude Code', () => {
  it('complaint 13: no secret of the service reaches a command that Claude runs', async () => {
    const rig = await openRig();
    onTestFinished(() => rig.close());
    const env = { ...emptyEnvironment({ home: rig.home, baseUrl: rig.model.url }), ...SECRETS };
    const request = rig.request();
    rig.model.useTool('Bash', { command: 'env' });
    rig.model.answer('Done.');
    await outcomeOf(rig.agentWith({ env }), request);

    const seen = rig.model.requests.at(-1)?.toolResults[0]?.text ?? '';
    expect(seen).toContain(`HOME=${rig.home}`);
    expect(seen).toContain(`CLAUDIO_TURN=${request.marker}`);
    expect(seen).toContain('CLAUDE_CODE_DISABLE_FILE_MENTIONS=1');
    for (const [name, value] of Object.entries(SECRETS)) {
      expect(seen).not.toContain(`${name}=`);
      expect(seen).not.toContain(value);
    }
  });

  it('passes on what a machine and Claude Code need', () => {
    const source = {
      HOME: '/home/ada',
      PATH: '/bin',
      LC_ALL: 'C',
      XDG_RUNTIME_DIR: '/run/user/1',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:2',
      CLAUDE_CODE_OAUTH_TOKEN: 'not-a-token',
      CLAUDE_CONFIG_DIR: '/home/ada/.claude-work',
    };
    expect(claudeEnvironment(source, 'm')).toMatchObject({ ...source, CLAUDIO_TURN: 'm' });
  });

  it('passes on the credentials of a cloud only where Claude Code is told to use that cloud', () => {
    const source = { AWS_PROFILE: 'work', GOOGLE_CLOUD_PROJECT: 'p', AZURE_CLIENT_ID: 'c' };
    const names = (over: object): string[] =>
      Object.keys(claudeEnvironment({ ...source, ...over }, 'm')).filter((name) => name in source);
    expect(names({})).toEqual([]);
    expect(names({ CLAUDE_CODE_USE_BEDROCK: '1' })).toEqual(['AWS_PROFILE']);
    expect(names({ CLAUDE_CODE_USE_VERTEX: '1' })).toEqual(['GOOGLE_CLOUD_PROJECT']);
    expect(names({ CLAUDE_CODE_USE_FOUNDRY: '1' })).toEqual(['AZURE_CLIENT_ID']);
  });

  it('never lets the marker be set from outside', () => {
    const env = claudeEnvironment({ CLAUDIO_TURN: 'other' }, 'mine', { CLAUDIO_TURN: 'other' });
    expect(env['CLAUDIO_TURN']).toBe('mine');
  });
});
