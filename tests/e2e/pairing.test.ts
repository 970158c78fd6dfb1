import { expect, test } from 'vitest';
import { textReply } from '../standins/model/reply.ts';
import { OWNER } from '../../src/playground/bot-api/bot-api.ts';
import { labelsOf } from './person.ts';
import { createWorld } from './service.ts';

const ANN = { id: 2_002, is_bot: false, first_name: 'Ann' };

test('somebody new is let in by the owner’s button after both saw the same code, and is answered from then on', async () => {
  const { api, model, start } = await createWorld();
  model.always(() => textReply('Good day.'));
  const service = await start();
  const deliver = (text: string) => api.deliver(api.updates.text(text, { from: ANN }));

  await deliver('hello');
  await service.logged('access.refused', (line) => line['person'] === String(ANN.id));
  await deliver('/start');
  const request = await api.message('the request', ({ text }) => text.startsWith('🔑'));
  const told = await api.message('the code', ({ text }) => text.startsWith('👋'));
  const [code = 'none'] = /\b[2-9A-Z]{8}\b/u.exec(told.text) ?? [];
  expect(request.chatId).toBe(OWNER.id);
  expect(told.chatId).toBe(ANN.id);
  expect(request.text).toContain(`Ann, id ${ANN.id}.\n\nCode: ${code}`);
  expect(labelsOf(request)).toEqual(['✅ Member', '👀 Viewer', '🚫 Refuse']);

  // Who copies the button lets nobody in.
  await api.deliver(api.updates.press(request, '✅ Member', { from: ANN }));
  await deliver('hello?');
  await api.deliver(api.updates.press(request, '✅ Member'));
  const welcome = await api.message('the welcome', ({ text }) => text.startsWith('🎉'));
  expect(welcome.chatId).toBe(ANN.id);
  await api.until('the choice', () => (request.text.includes('let in by Owner') ? true : null));
  expect(labelsOf(request)).toEqual([]);

  await deliver('hello!');
  const answer = await api.message('the answer', ({ text }) => text === 'Good day.');
  expect(answer.chatId).toBe(ANN.id);
  expect(model.requests).toHaveLength(1);
});
