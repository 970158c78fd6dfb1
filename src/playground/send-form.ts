import type { Context } from 'hono';
import { z } from 'zod';
import type { Composed } from './send.ts';

const idSchema = z.coerce.number().int().positive();

/** A form that was posted. What it does not have is empty. */
export interface PostedForm {
  text(name: string): string;
  /** The number of a message, or `null`. */
  id(name: string): number | null;
  files(name: string): readonly File[];
}

/** Reads a form of either kind. */
export async function formOf(context: Context): Promise<PostedForm> {
  const body = await context.req.parseBody({ all: true });
  const all = (name: string) => [body[name] ?? []].flat();
  const text = (name: string) => all(name).find((value) => typeof value === 'string') ?? '';
  return {
    text,
    id: (name) => idSchema.safeParse(text(name)).data ?? null,
    // A browser sends an empty file without a name where none was chosen.
    files: (name) =>
      all(name).flatMap((value) =>
        typeof value !== 'string' && (value.name !== '' || value.size > 0) ? value : [],
      ),
  };
}

/** What the composer sends. */
export function composedIn(form: PostedForm): Composed {
  return {
    text: form.text('text'),
    files: form.files('files'),
    replyTo: form.id('reply'),
    edit: form.id('edit'),
  };
}
