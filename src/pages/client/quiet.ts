import { showFault, showTold } from './fault.ts';
import { homeOf } from './focus.ts';

const UNAUTHORIZED = 401;
const BAD_REQUEST = 400;
/** A sentence, and no page that came instead. */
const MAX_SENTENCE_LENGTH = 300;

/** What came of a form that was sent. */
type Outcome =
  | { readonly kind: 'done' }
  /** The session is over: the page is loaded anew. */
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly sentence: string };

/** What each form sent last and what has not been answered. */
const underWay = new WeakMap<HTMLFormElement, Promise<Outcome>>();

/**
 * Sends each `<form data-quiet>` without leaving the page, also those that come later. What was refused is
 * said above the content; what was done is told by the words in its `data-told`. A form is sent once at a time; but `data-quiet="reset"` empties it at once, so
 * that the next can be written, which then waits for the one before. What was refused comes back into it.
 */
export function sendQuietly(): void {
  document.addEventListener('submit', (event) => {
    const { target: form, submitter: button } = event;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    const quiet = form.dataset['quiet'];
    if (quiet === undefined) return;
    event.preventDefault();
    const before = underWay.get(form);
    if (before !== undefined && quiet !== 'reset') return;
    const body = new FormData(form, button);
    const url = button?.getAttribute('formaction') ?? form.getAttribute('action') ?? '';
    const restore = quiet === 'reset' ? empty(form) : hold(button);
    const sending = sendAfter(before, url, body);
    underWay.set(form, sending);
    // The same words once more are a change only where they were gone.
    showTold(null);
    void tell(form, sending, restore);
  });
}

async function sendAfter(
  before: Promise<Outcome> | undefined,
  url: string,
  body: FormData,
): Promise<Outcome> {
  await before;
  return await send(url, body);
}

async function tell(
  form: HTMLFormElement,
  sending: Promise<Outcome>,
  restore: (outcome: Outcome) => void,
): Promise<void> {
  const { told = null } = form.dataset;
  const outcome = await sending;
  if (underWay.get(form) === sending) underWay.delete(form);
  restore(outcome);
  if (outcome.kind === 'done' && told !== null) showTold(told);
  if (outcome.kind !== 'left') showFault(outcome.kind === 'failed' ? outcome.sentence : null);
}

/** Posts a form, and does not follow where the answer leads. */
async function send(url: string, body: FormData): Promise<Outcome> {
  const answer = await ask(url, body);
  if (answer === null) {
    return { kind: 'failed', sentence: 'Claudio does not answer. Try again when it is back.' };
  }
  const { status, text } = answer;
  if (status === UNAUTHORIZED) {
    location.reload();
    return { kind: 'left' };
  }
  if (status < BAD_REQUEST) return { kind: 'done' };
  const isSentence = text !== '' && text.length <= MAX_SENTENCE_LENGTH && !text.startsWith('<');
  return { kind: 'failed', sentence: isSentence ? text : `That did not work (${status}).` };
}

/** `null` where nobody answers. The status is 0 where the answer leads on. */
async function ask(
  url: string,
  body: FormData,
): Promise<{ readonly status: number; readonly text: string } | null> {
  try {
    const headers = { accept: 'text/plain' };
    const response = await fetch(url, { method: 'POST', body, redirect: 'manual', headers });
    return { status: response.status, text: (await response.text()).trim() };
  } catch {
    return null;
  }
}

/** Keeps a button from being pressed meanwhile. */
function hold(button: HTMLElement | null): () => void {
  if (button === null) return () => undefined;
  const hasFocus = button === document.activeElement;
  const home = homeOf(button);
  button.toggleAttribute('disabled', true);
  return () => {
    button.toggleAttribute('disabled', false);
    // A button that cannot be pressed loses the focus.
    if (!hasFocus || document.activeElement !== document.body) return;
    const target = button.isConnected ? button : home();
    target?.focus({ preventScroll: true });
  };
}

/** Empties a form; what was in it comes back when it was refused, but over nothing that was typed since. */
function empty(form: HTMLFormElement): (outcome: Outcome) => void {
  const fields = [...form.elements].filter(
    (field) => field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement,
  );
  const typed = fields.map((field) => ({
    field,
    value: field.value,
    files: field instanceof HTMLInputElement ? field.files : null,
  }));
  form.reset();
  return ({ kind }) => {
    if (kind !== 'failed') return;
    for (const { field, value, files } of typed) {
      if (files !== null && field instanceof HTMLInputElement) {
        if (field.files?.length === 0) field.files = files;
      } else if (field.value === field.defaultValue) field.value = value;
    }
  };
}
