import type { AgentFailure } from '../../core/agent.ts';

/**
 * Puts a failure into one or two sentences of Markdown for the chat: what happened, and what to do.
 * Holds no paths and no raw output.
 */
export function failureText(failure: AgentFailure): string {
  switch (failure.code) {
    case 'not-found':
      return 'Claude Code was not found on your machine. Install it there, or set `CLAUDE_BIN` to where it is, then send the message again.';
    case 'no-folder':
      return 'The folder that Claude is to work in is not there. Set `CLAUDE_WORK_DIR` to one that is and restart Claudio, then send the message again.';
    case 'no-sandbox':
      return 'The sandbox that Claude has to run in cannot be had on your machine, so nothing was run. `claudio doctor` tells why; with `SANDBOX=off` Claude runs without one.';
    case 'cannot-start':
      return 'Your machine could not start Claude Code: it may be out of memory, processes, open files or disk space. Send the message again later.';
    case 'not-logged-in':
      return 'Claude Code is not logged in on your machine. Run `claude` there once and log in, then send the message again.';
    case 'invalid-credentials':
      return "Claude Code's login or API key is no longer accepted. Run `claude` on your machine and log in again, or replace the key, then send the message again.";
    case 'forbidden':
      return 'Your account may not use this model or service. Check the plan and the permissions of the account or API key that Claude Code uses.';
    case 'usage-limit':
      return usageLimitText(failure);
    case 'rate-limited':
      return 'Claude is taking no more requests from your account for the moment. Wait a few minutes, then send the message again.';
    case 'overloaded':
      return 'Claude is overloaded right now. Wait a few minutes, then send the message again.';
    case 'server-error':
      return `Claude's service failed${failure.httpStatus === null ? '' : ` (error ${failure.httpStatus})`}. This is usually over soon: send the message again in a few minutes.`;
    case 'unreachable':
      return "Claude's service could not be reached from your machine. Check its internet connection, then send the message again.";
    case 'unknown-model':
      return `The model ${code(failure.model)} is not known, or not open to your account. Choose another one (/model), then send the message again.`;
    case 'prompt-too-long':
      return 'That was too much text for the model. Shorten the message, or clear the conversation (/new), then send it again.';
    case 'bad-request':
      return "Claude's service refused the request. Send the message again, perhaps in other words; if it fails again, Claudio's log tells why.";
    case 'bad-invocation':
      return "Claude Code could not be started the way Claudio starts it. Claudio's log tells why; updating Claude Code often helps.";
    case 'max-turns':
      return 'Claude stopped after the largest number of steps that it may take. Ask it to go on, or for a smaller part.';
    case 'max-budget':
      return 'Claude stopped because the budget of this turn was used up. Ask for a smaller part, or raise the budget.';
    case 'execution-error':
      return "Claude Code stopped with an error before it had an answer. Send the message again; if it fails again, Claudio's log tells why.";
    case 'killed':
      return `Claude Code was stopped from outside before it had an answer (${failure.signal}). The machine may have been short of memory. Send the message again.`;
    case 'idle':
      return `Claude Code gave no sign of life for ${duration(failure.idleLimitMs)} and was stopped. Send the message again, perhaps as a smaller request.`;
    case 'no-answer':
      return 'Claude finished without an answer. Send the message again, perhaps in other words.';
  }
}

function usageLimitText(failure: Extract<AgentFailure, { code: 'usage-limit' }>): string {
  const reset = resetText(failure);
  return reset === null
    ? "Your Claude usage limit is reached, or the account's credit is used up. Send the message again once there is some left."
    : `Your Claude usage limit is reached. It resets ${reset}: send the message again then.`;
}

function resetText(failure: Extract<AgentFailure, { code: 'usage-limit' }>): string | null {
  if (failure.resetsAtText !== null) return plain(failure.resetsAtText);
  if (failure.resetsAtMs === null) return null;
  return `on ${new Date(failure.resetsAtMs).toISOString().slice(0, 16).replace('T', ' at ')} UTC`;
}

function duration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 120) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}

/** Words of the program, without what Markdown would read as more than words. */
function plain(words: string): string {
  return words.replace(/[^\p{L}\p{N} .,:;/()+-]/gu, '').slice(0, 80);
}

function code(name: string): string {
  return `\`${name.replace(/[`\s]/g, '').slice(0, 80)}\``;
}
