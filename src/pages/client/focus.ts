import { keyOf } from './morph.ts';

/**
 * Changes the page, and sees to it that the focus stays where it was: on the same element or, where that is
 * gone, on the one with its `id` or `data-key`, with the caret in its place. From what is gone or by then does
 * something else, it goes to the heading of the section, so that nobody presses what they did not mean; where
 * there is none it is lost. Scrolls nothing.
 */
export function keepFocus(change: () => void): void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) {
    change();
    return;
  }
  const [key, meaning, selection] = [keyOf(focused), meaningOf(focused), selectionOf(focused)];
  const home = homeOf(focused);
  change();
  const counterpart = focused.isConnected ? focused : byKey(key);
  if (counterpart === null || meaningOf(counterpart) !== meaning) {
    counterpart?.blur();
    home()?.focus({ preventScroll: true });
    return;
  }
  if (counterpart === document.activeElement) return;
  counterpart.focus({ preventScroll: true });
  if (selection !== null && isText(counterpart)) counterpart.setSelectionRange(...selection);
}

/** Finds the heading of the section that an element is in, which has a `tabindex`, also once the element is gone. */
export function homeOf(element: Element): () => HTMLElement | null {
  const section = element.closest('section[aria-labelledby]');
  const id = section?.getAttribute('aria-labelledby') ?? '';
  return () => document.getElementById(id);
}

function byKey(key: string | null): HTMLElement | null {
  return key === null ? null : document.querySelector<HTMLElement>(key);
}

/** What comes of it when it is pressed. */
function meaningOf(element: HTMLElement): string {
  if (element instanceof HTMLAnchorElement) return element.href;
  const form = element.closest('form');
  if (form === null) return '';
  const hidden = form.querySelectorAll<HTMLInputElement>('input[type=hidden]');
  return [
    form.getAttribute('action'),
    ...[...hidden].map(({ name, value }) => `${name}=${value}`),
    ...['formaction', 'name', 'value'].map((name) =>
      element instanceof HTMLButtonElement ? element.getAttribute(name) : '',
    ),
  ].join('\n');
}

function isText(element: Element): element is HTMLInputElement | HTMLTextAreaElement {
  return element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement;
}

function selectionOf(
  element: Element,
): [start: number, end: number, direction: 'forward' | 'backward' | 'none'] | null {
  // `null` where a field has no caret, such as a checkbox.
  if (!isText(element) || element.selectionStart === null || element.selectionEnd === null) {
    return null;
  }
  return [element.selectionStart, element.selectionEnd, element.selectionDirection ?? 'none'];
}
