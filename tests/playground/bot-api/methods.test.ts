import type { LinkPreviewOptions } from '@grammyjs/types';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { FieldsOf } from '../../../src/playground/bot-api/fields.ts';
import { findMethod } from '../../../src/playground/bot-api/methods/all.ts';
import { method, TRUE, type Method } from '../../../src/playground/bot-api/methods/method.ts';

const run = () => TRUE;

test('a parameter that Telegram does not know of the method, or a method that it does not have, does not compile', () => {
  const chat = { chat_id: z.string() };
  const known = method('sendMessage', z.strictObject({ ...chat, text: z.string() }), run);
  // @ts-expect-error It is called `text`.
  method('sendMessage', z.strictObject({ ...chat, words: z.string() }), run);
  // @ts-expect-error It is of `sendMessage`, not of this one.
  method('deleteMessage', z.strictObject({ ...chat, text: z.string() }), run);
  // @ts-expect-error It has none.
  method('getMe', z.strictObject(chat), run);
  // @ts-expect-error There is no such method.
  method('sendMesage', z.strictObject(chat), run);
  // @ts-expect-error It is another method's.
  const other: Method<'sendPhoto'> = known;
  // @ts-expect-error It is called `is_disabled`.
  const options = { disabled: z.boolean() } satisfies FieldsOf<LinkPreviewOptions>;
  expect([known.name, other.name, Object.keys(options)]).toEqual([
    'sendMessage',
    'sendMessage',
    ['disabled'],
  ]);
});

test('each method stands under its own name, whose case does not matter', () => {
  for (const name of ['getMe', 'sendMessage', 'sendMediaGroup', 'setWebhook']) {
    expect(findMethod(name.toUpperCase())).toMatchObject({ name, method: { name } });
  }
  expect(findMethod('sendMesage')).toBeUndefined();
});
