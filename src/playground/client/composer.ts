// What the composer can do with scripts: see `composer.tsx`.
import { showFault } from '../../pages/client/fault.ts';
import { suggestCommands } from './commands.ts';
import { post } from './post.ts';
import { offerRecording } from './voice.ts';

const BYTES_PER_MB = 1024 * 1024;

const composer = document.querySelector<HTMLFormElement>('#composer');
const entry = composer?.querySelector('textarea');
const chooser = composer?.querySelector<HTMLInputElement>('input[type=file]');
if (composer && entry && chooser) compose(composer, entry, chooser);

function compose(form: HTMLFormElement, text: HTMLTextAreaElement, files: HTMLInputElement): void {
  const mostBytes = Number(form.dataset['mostBytes']);
  const suggestions = suggestCommands(text);
  let isSending = false;

  text.addEventListener('keydown', (event) => {
    if (suggestions.take(event)) return;
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  files.addEventListener('change', () => showChosen(form, files));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[data-compose]') : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    link.closest('details')?.removeAttribute('open');
    void turnTo(link.href);
  });
  offerRecording(async (recording, durationMs) => {
    const body = new FormData();
    body.append('recording', recording, 'voice');
    body.append('duration', String(durationMs));
    body.append('reply', new FormData(form).get('reply') ?? '');
    const isSent = await post('/voice', body);
    if (isSent) turnAway();
    return isSent;
  });

  const submit = async (): Promise<void> => {
    if (isSending) return;
    const large = [...(files.files ?? [])].find(({ size }) => size > mostBytes);
    if (large !== undefined) {
      showFault(`“${large.name}” is larger than ${mostBytes / BYTES_PER_MB} MB.`);
      return;
    }
    isSending = true;
    const typed = text.value;
    const isSent = await post('/send', new FormData(form));
    isSending = false;
    if (!isSent) return;
    // What was typed meanwhile stays.
    text.value = text.value.startsWith(typed) ? text.value.slice(typed.length) : text.value;
    suggestions.look();
    files.value = '';
    showChosen(form, files);
    turnAway();
  };

  /** Replies to a message, edits it, or does neither any more: what the page at that address does. */
  const turnTo = async (href: string): Promise<void> => {
    try {
      const response = await fetch(href);
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const wasEdit = form.querySelector('[name=edit]') !== null;
      for (const place of ['#about', '[type=submit]']) {
        const wanted = page.querySelector(`#composer ${place}`);
        if (wanted !== null) form.querySelector(place)?.replaceWith(wanted);
      }
      const isEdit = form.querySelector('[name=edit]') !== null;
      if (isEdit || wasEdit) text.value = page.querySelector('textarea')?.value ?? '';
      text.focus();
    } catch {
      showFault('The playground does not answer. Try again when it is back.');
    }
  };

  const turnAway = (): void => {
    document.querySelector('#scroller')?.scrollTo(0, 0);
    form.querySelector('.refused')?.remove();
    if (form.querySelector('#about > *') !== null) void turnTo('/');
    text.focus();
  };
}

function showChosen(form: HTMLFormElement, { files }: HTMLInputElement): void {
  const chosen = form.querySelector('#chosen');
  const names = [...(files ?? [])].map(({ name }) => name);
  if (chosen !== null) chosen.textContent = names.join(', ');
}
