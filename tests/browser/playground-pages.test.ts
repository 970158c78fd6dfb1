import { expect, test } from 'vitest';
import { png } from '../mcp/images.ts';
import { gatherBarriers } from './axe.ts';
import { SERVICE_AWAY, useBrowser } from './browser.ts';
import { chatOn } from './chat-page.ts';
import { echoPlayground } from './playground-world.ts';

const browser = useBrowser();

test('nobody is kept from using the playground, whatever it shows: on a phone and on a desk, light and dark', async () => {
  const playground = await echoPlayground();
  const stranger = await browser.open({ expected: [/ 401 /u] });
  const barriers = gatherBarriers();
  await stranger.goto(new URL('/', playground.link).href);
  await barriers.look(stranger, 'the way in');

  const page = await browser.open({ expected: [...SERVICE_AWAY, / 400 /u] });
  await page.goto(playground.link);
  const chat = chatOn(page);
  await barriers.look(page, 'nothing said yet');

  const picture = { name: 'one.png', mimeType: 'image/png', buffer: png(40, 30) };
  await page.getByLabel('Attach files').setInputFiles([picture, picture]);
  await chat.say('look at these');
  await chat.theirs('You sent 2 files').waitFor();
  await page.getByLabel('Attach files').setInputFiles({
    name: 'notes.md',
    mimeType: 'text/markdown',
    buffer: Buffer.from('# Notes\n'),
  });
  await chat.say('and this');
  await chat.theirs('# Notes').waitFor();
  await chat.say('code');
  await chat.theirs('Here is how to be an echo').waitFor();
  const menu = await chat.menuOf(chat.own('look at these'));
  await menu.getByRole('button', { name: 'React with 👍' }).click();
  await menu.getByRole('button', { name: 'React with 👍', pressed: true }).waitFor();
  await barriers.look(page, 'a conversation, a menu open');
  await menu.getByRole('link', { name: /^Reply/u }).click();
  await page.locator('#about').getByText('Reply to').waitFor();
  await chat.field.pressSequentially('/s');
  await chat.field.press('ArrowDown');
  await barriers.look(page, 'a reply, and commands to choose from');

  await chat.say('slow');
  const stop = page.getByRole('button', { name: 'Stop' });
  await stop.waitFor();
  await barriers.look(page, 'a turn that runs');
  // The look may have taken longer than the turn, and one that runs is to be killed.
  await chat.say('/stop');
  await chat.own('/stop').getByText('answered').waitFor();
  await stop.waitFor({ state: 'detached' });
  await chat.say('slow');
  await stop.waitFor();
  await chat.fault('kill -9 the service');
  await page.getByText('ended by SIGKILL').waitFor();
  await barriers.look(page, 'the service is down');
  await page.getByRole('button', { name: 'Retry' }).waitFor();
  await barriers.look(page, 'a turn that was interrupted');
  await chat.field.fill('');
  await chat.field.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Write something' }).waitFor();
  await playground.close();
  await page.getByText('The playground is away.').waitFor();
  await barriers.look(page, 'the playground is away');
  expect(barriers.found()).toEqual([]);
});
