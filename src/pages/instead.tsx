import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Page } from './page.tsx';

/** What somebody is shown instead of what was asked for. */
export interface Instead {
  readonly title: string;
  /** What to do, in a sentence. */
  readonly sentence: string;
  /** Where to go from here; left out: nowhere. */
  readonly link?: { readonly href: string; readonly label: string };
}

/** Answers with a page that says so, or with the sentence alone where a script asked. */
export function answerInstead(
  context: Context,
  status: ContentfulStatusCode,
  { title, sentence, link }: Instead,
): Response | Promise<Response> {
  if (!takesPages(context)) return context.text(sentence, status);
  return context.html(
    <Page title={title} nav={null}>
      <h1>{title}</h1>
      <p role="alert">{sentence}</p>
      {link === undefined ? null : (
        <p>
          <a href={link.href}>{link.label}</a>
        </p>
      )}
    </Page>,
    status,
  );
}

/** Whether a page is what was asked for: streams and quiet forms ask for something else. */
export function takesPages(context: Context): boolean {
  const accept = context.req.header('accept') ?? '*/*';
  return accept.includes('text/html') || accept.includes('*/*');
}
