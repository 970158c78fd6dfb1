import { agoOf } from './ago.ts';

const EVERY_MS = 15_000;

/** Keeps what `<time datetime data-relative>` says true. */
export function keepTimesCurrent(): void {
  setInterval(update, EVERY_MS);
  document.addEventListener('patched', update);
}

function update(): void {
  const nowMs = new Date().getTime();
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-relative]')) {
    const words = agoOf(Date.parse(time.dateTime), nowMs);
    if (words !== null && words !== time.textContent) time.textContent = words;
  }
}
