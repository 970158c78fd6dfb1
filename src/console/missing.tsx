import type { Context } from 'hono';
import { Frame, type PagePath } from './frame.tsx';

/** Answers 404 with a page that says what is not there. */
export function answerMissing(
  context: Context,
  current: PagePath,
  sentence: string,
): Response | Promise<Response> {
  return context.html(
    <Frame title="Not found" current={current}>
      <h1>Not found</h1>
      <p>{sentence}</p>
      <p>
        <a href={current}>Back to the list</a>
      </p>
    </Frame>,
    404,
  );
}
