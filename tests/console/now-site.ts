import { expect } from 'vitest';
import { nowPage } from '../../src/console/now.tsx';
import { nowWorld } from './now-world.ts';

/** The first page of the console, with all that it is made from. */
export function site(options: Parameters<typeof nowWorld>[0] = {}) {
  const world = nowWorld(options);
  const app = nowPage(world);
  const page = async (path = '/'): Promise<string> => {
    const answer = await app.request(path);
    expect(answer.status).toBe(200);
    return await answer.text();
  };
  return {
    ...world,
    app,
    page,
    /** One of the lists, as a person reads it: its markup without the tags, a line for each element. */
    list: async (id: string): Promise<readonly string[]> => linesOf(sectionOf(await page(), id)),
    section: async (id: string): Promise<string> => sectionOf(await page(), id),
    post: (path: string, headers: Readonly<Record<string, string>> = {}) =>
      app.request(path, { method: 'POST', headers }),
  };
}

function sectionOf(html: string, id: string): string {
  const [, section] = html.split(`<section id="${id}"`);
  if (section === undefined) throw new Error(`no ${id} in ${html}`);
  return section.split('</section>')[0] ?? '';
}

function linesOf(html: string): readonly string[] {
  return html
    .slice(html.indexOf('>') + 1)
    .replaceAll(/<\/(?:h\d|p|li|button|dt|dd|span|ul|ol)>/gu, '\n')
    .replaceAll(/<[^>]*>/gu, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
