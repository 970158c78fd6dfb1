/** Says above the content what went wrong; `null`: nothing does any more. */
export function showFault(sentence: string | null): void {
  const fault = document.querySelector('#fault');
  if (fault !== null) fault.textContent = sentence ?? '';
}

/** Says what was done to those who cannot see it; `null`: something new is under way. */
export function showTold(sentence: string | null): void {
  const told = document.querySelector('#told');
  if (told !== null) told.textContent = sentence ?? '';
}
