import type { BotCommand } from '@grammyjs/types';
import { z } from 'zod';
import { json, type FieldsOf } from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { method, TRUE } from './method.ts';

const MAX_COMMAND_COUNT = 100;
const MAX_DESCRIPTION_LENGTH = 256;

const audience = {
  scope: json(z.looseObject({ type: z.string() })).optional(),
  language_code: z.string().optional(),
};

function keyOf(params: { scope?: object | undefined; language_code?: string | undefined }): string {
  return JSON.stringify([params.scope ?? { type: 'default' }, params.language_code ?? '']);
}

/** https://core.telegram.org/bots/api#getme */
export const getMe = method('getMe', z.strictObject({}), (state) => ({ result: state.bot }));

/** https://core.telegram.org/bots/api#setmycommands */
export const setMyCommands = method(
  'setMyCommands',
  z.strictObject({
    ...audience,
    commands: json(
      z.array(
        z.strictObject({
          command: z.string(),
          description: z.string(),
        } satisfies FieldsOf<BotCommand>),
      ),
    ).optional(),
  }),
  (state, params) => {
    const commands = (params.commands ?? []).map(({ command, description }) => ({
      command: command.replace(/^\//, ''),
      description,
    }));
    if (commands.length > MAX_COMMAND_COUNT) throw badRequest('BOT_COMMANDS_TOO_MUCH');
    for (const { command, description } of commands) {
      if (!/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
      if (description.length < 1 || description.length > MAX_DESCRIPTION_LENGTH) {
        throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
      }
    }
    state.commands.set(keyOf(params), commands);
    return TRUE;
  },
);

/** https://core.telegram.org/bots/api#getmycommands */
export const getMyCommands = method('getMyCommands', z.strictObject(audience), (state, params) => ({
  result: state.commands.get(keyOf(params)) ?? [],
}));
