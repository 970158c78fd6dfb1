import { keepFocus } from './focus.ts';
import { morph } from './morph.ts';

/** As the server sends it: see `Patch` in `live.ts`. */
export interface Patch {
  readonly id: string;
  readonly html: string | null;
  readonly into?: string;
}

/** The elements that came or changed by patches, and what they were put into. */
const patched = new Set<string>();
const containers = new Set<string>();

/** Makes an element what the server says it is now. Does nothing where there is no place for it. */
export function applyPatch({ id, html, into }: Patch): void {
  const present = document.getElementById(id);
  if (html === null) {
    patched.delete(id);
    keepFocus(() => present?.remove());
    return;
  }
  patched.add(id);
  if (into !== undefined) containers.add(into);
  const template = document.createElement('template');
  template.innerHTML = html;
  const wanted = template.content.firstElementChild;
  if (wanted === null) return;
  if (present === null) {
    if (into !== undefined) document.getElementById(into)?.append(wanted);
    return;
  }
  keepFocus(() => morph(present, wanted));
}

/** Takes out what is no longer there: what went while no stream told of it. */
export function takeOut(ids: ReadonlySet<string>): void {
  for (const id of patched) {
    if (ids.has(id)) continue;
    patched.delete(id);
    keepFocus(() => document.getElementById(id)?.remove());
  }
  const parts = [...containers].map((id) => `#${CSS.escape(id)}`);
  for (const container of document.querySelectorAll(['[data-parts]', ...parts].join())) {
    for (const part of container.querySelectorAll(':scope > [id]')) {
      if (!ids.has(part.id)) keepFocus(() => part.remove());
    }
  }
}
