import type { AgentFailure } from '../core/agent.ts';
import { UNUSABLE_NOW } from '../core/turn.ts';

/** Why a turn failed, by the code that its row keeps. What to do about it was told in the chat. */
const WORDS: Readonly<Record<AgentFailure['code'], string>> &
  Readonly<Record<string, string | undefined>> = {
  'not-found': 'Claude Code was not found',
  'no-folder': 'the folder to work in is not there',
  'no-sandbox': 'there is no sandbox to run in',
  'cannot-start': 'the machine could not start Claude Code',
  'not-logged-in': 'Claude Code is not logged in',
  'invalid-credentials': 'the login or the API key is no longer accepted',
  forbidden: 'the account may not use this model or service',
  'usage-limit': 'the usage limit was reached',
  'rate-limited': 'Claude took no more requests for the moment',
  overloaded: 'Claude was overloaded',
  'server-error': 'Claude’s service failed',
  unreachable: 'Claude’s service could not be reached',
  'unknown-model': 'the model is not known, or not open to the account',
  'prompt-too-long': 'it was too much text for the model',
  'bad-request': 'Claude’s service refused the request',
  'bad-invocation': 'Claude Code could not be started the way Claudio starts it',
  'max-turns': 'it took the largest number of steps',
  'max-budget': 'its budget was used up',
  'execution-error': 'Claude Code stopped with an error',
  killed: 'Claude Code was stopped from outside',
  idle: 'Claude Code gave no sign of life',
  'no-answer': 'Claude finished without an answer',
  interrupted: 'the service stopped while it ran',
  unusable: 'nothing of the message could be used',
  [UNUSABLE_NOW]: 'the message could not be used then',
};

/** A few words of why a turn failed; the code itself where there are none for it. */
export function failureWords(failure: string): string {
  return (Object.hasOwn(WORDS, failure) ? WORDS[failure] : undefined) ?? failure;
}
