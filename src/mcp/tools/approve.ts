import { realpath } from 'node:fs/promises';
import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { excerpt } from '../../core/format.ts';
import { digestOf } from '../../platform/digest.ts';
import { mayDo } from '../../policy/roles.ts';
import { subjectOf } from '../../turns/approval-subject.ts';
import type { Application, Verdict } from '../../turns/approval.ts';
import { APPROVAL_TOOL, type ToolContext, TOOLS_NAME } from '../context.ts';
import { isListed, isOutside } from '../permits.ts';
import { done, OVER } from '../result.ts';
import { denied, type Ruling } from '../ruling.ts';
import { waitForPerson } from '../waiting.ts';
import { answerQuestions, QUESTION_TOOL } from './claude-questions.ts';

const DESCRIPTION =
  'Decides whether a tool may be used. Claude Code calls it; never call it yourself.';

const NAME_LENGTH = 64;
const NOBODY_ANSWERS = 'Nobody can be asked here. End your turn with the question.';

/** Claudio's own tools see to themselves what they may do. By name: another server may have a name like ours. */
const OWN_TOOLS: ReadonlySet<string> = new Set(
  [
    'send_message',
    'send_file',
    'send_photo',
    'ask_user',
    'schedule_restart',
    'search_history',
    'remember',
    'recall',
    'forget',
  ].map((name) => `mcp__${TOOLS_NAME}__${name}`),
);

const wantedSchema = z.object({
  tool_name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});

/**
 * The tool that Claude Code asks before it uses another one that nothing has allowed. Whatever goes wrong
 * is a no. What is given is looked at here and not by the protocol, so that a fault is a no as well.
 */
export function registerApprove(server: McpServer, context: ToolContext): void {
  const inputSchema = z.looseObject({});
  server.registerTool(
    APPROVAL_TOOL,
    { description: DESCRIPTION, inputSchema },
    async (given, call) => done(JSON.stringify(await ruling(context, given, call))),
  );
}

async function ruling(context: ToolContext, given: unknown, call: ServerContext): Promise<Ruling> {
  try {
    const wanted = wantedSchema.safeParse(given);
    if (!wanted.success) return denied('What this is about could not be read, so it is refused.');
    const { tool_name: tool, input } = wanted.data;
    const decided = await decide(context, { tool, input }, call);
    return context.closed.aborted ? denied(OVER) : decided;
  } catch (error) {
    context.log.error({ turn: context.user.turnId, err: error }, 'approval.broken');
    return denied('Nobody could be asked: something is wrong on this machine. So it is refused.');
  }
}

async function decide(
  context: ToolContext,
  { tool, input }: { readonly tool: string; readonly input: Readonly<Record<string, unknown>> },
  call: ServerContext,
): Promise<Ruling> {
  if (context.closed.aborted) return denied(OVER);
  if (OWN_TOOLS.has(tool)) return { behavior: 'allow', updatedInput: input };
  if (tool === QUESTION_TOOL) {
    if (!mayDo(context.user.role, 'answer')) return denied(NOBODY_ANSWERS);
    return await answerQuestions(context, input, call);
  }
  if (context.user.mode !== 'ask' || !isThere(context, tool, input)) {
    return denied(`${tool} is not allowed here, and nobody can be asked about it.`);
  }
  if (context.user.isConfined && (await isOutside(tool, input, context.user.sendableDirs))) {
    return denied('That is outside of the folders that you may work in for whoever asked.');
  }
  const home = await realpath(context.home);
  const subject = await subjectOf(tool, input, { folder: context.user.folder, home });
  const verdict = await askLeave(context, { tool, subject, inputDigest: digestOf(input) }, call);
  switch (verdict.kind) {
    case 'allowed':
      return { behavior: 'allow', updatedInput: input };
    case 'denied':
      return denied(wordsOf(verdict));
    case 'withdrawn':
      return denied('It was withdrawn before anybody decided it.');
  }
}

/** What is not there in `auto` either, nobody can allow. */
function isThere({ agentTools, user }: ToolContext, tool: string, input: unknown): boolean {
  const isOfServer = tool.startsWith('mcp__');
  if (!isOfServer && !isListed(agentTools, tool, input)) return false;
  return user.tools === null || isListed(user.tools, tool, input);
}

async function askLeave(
  context: ToolContext,
  application: Application,
  call: ServerContext,
): Promise<Verdict> {
  const { approvals, user, database } = context;
  const id = database.transaction(() =>
    approvals.isAllowed(user, application) ? null : approvals.ask(user, application),
  );
  if (id === null) return { kind: 'allowed', reach: 'once', by: '' };
  context.said();
  const verdict = await waitForPerson(context, call, (signal) => approvals.waitFor(id, signal));
  // Claude does something else now: nothing that is said to it may count. The end of a turn sees to itself.
  if (verdict.kind === 'withdrawn' && !context.closed.aborted) approvals.withdrawOne(id);
  return verdict;
}

function wordsOf({ by, reason }: Extract<Verdict, { kind: 'denied' }>): string {
  const name = excerpt(by.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), NAME_LENGTH);
  const who = name === '' ? 'The person' : name;
  return reason === null
    ? `${who} does not allow this. Do not try to get the same in another way: go on without it, or ask.`
    : `${who} does not allow this, and says: ${reason}`;
}
