import { z } from 'zod';
import { boolean, integer } from '../fields.ts';
import { badRequest } from '../refusal.ts';
import { method, TRUE } from './method.ts';

const MAX_TEXT_LENGTH = 200;

/** https://core.telegram.org/bots/api#answercallbackquery */
export const answerCallbackQuery = method(
  'answerCallbackQuery',
  z.strictObject({
    callback_query_id: z.string(),
    text: z.string().optional(),
    show_alert: boolean.optional(),
    url: z.string().optional(),
    cache_time: integer.optional(),
  }),
  (state, params) => {
    const press = state.presses.get(params.callback_query_id);
    if (press === undefined || press.expired) {
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    }
    if ((params.text?.length ?? 0) > MAX_TEXT_LENGTH) throw badRequest('MESSAGE_TOO_LONG');
    press.answers.push({ text: params.text ?? null, showAlert: params.show_alert ?? false });
    return TRUE;
  },
);
