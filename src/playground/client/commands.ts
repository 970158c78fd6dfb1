const BEGUN = /^\/\w*$/;

/** Completes a command while it is typed. */
export interface Suggestions {
  /** Whether a key was for the suggestions, and is done with. */
  take(event: KeyboardEvent): boolean;
  /** Offers what fits the text as it is now. */
  look(): void;
}

/**
 * Offers the commands that the page lists, once a slash begins a message. Keys as in the combobox pattern:
 * arrows choose, Enter and Tab take, Escape closes. The field stays a textbox: a combobox has one line.
 *
 * Source: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */
export function suggestCommands(text: HTMLTextAreaElement): Suggestions {
  const list = document.querySelector<HTMLElement>('#suggestions');
  let active = -1;

  const options = (): HTMLElement[] => [...(list?.querySelectorAll('li') ?? [])];
  const choose = (index: number): void => {
    active = index;
    for (const [at, option] of options().entries()) {
      option.setAttribute('aria-selected', String(at === index));
      if (at === index) option.scrollIntoView({ block: 'nearest' });
    }
    if (index === -1) text.removeAttribute('aria-activedescendant');
    else text.setAttribute('aria-activedescendant', `suggestion${index}`);
  };
  const close = (): void => {
    list?.replaceChildren();
    list?.setAttribute('hidden', '');
    choose(-1);
  };
  const take = (command: string | undefined): void => {
    if (command === undefined) return;
    text.value = `${command} `;
    close();
    text.focus();
  };
  const look = (): void => {
    close();
    if (list === null || !BEGUN.test(text.value)) return;
    const commands = document.querySelectorAll<HTMLOptionElement>('#commands option');
    const fitting = [...commands].filter(({ value }) => value.startsWith(text.value.toLowerCase()));
    list.append(...fitting.map(optionOf));
    list.toggleAttribute('hidden', fitting.length === 0);
  };

  text.addEventListener('input', look);
  text.addEventListener('blur', close);
  // The press would take the focus away, and close the list before it is a click.
  list?.addEventListener('pointerdown', (event) => event.preventDefault());
  list?.addEventListener('click', ({ target }) => {
    const option = target instanceof Element ? target.closest('li') : null;
    take(option?.dataset['command']);
  });

  return {
    look,
    take: (event) => {
      const all = options();
      if (all.length === 0 || event.isComposing) return false;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step !== undefined) {
        const from = active === -1 && step === -1 ? 0 : active;
        choose((from + step + all.length) % all.length);
      } else if (event.key === 'Escape') close();
      else if ((event.key === 'Enter' || event.key === 'Tab') && active !== -1) {
        take(all[active]?.dataset['command']);
      } else return false;
      event.preventDefault();
      return true;
    },
  };
}

function optionOf({ value, text }: HTMLOptionElement, index: number): HTMLElement {
  const option = document.createElement('li');
  option.id = `suggestion${index}`;
  option.role = 'option';
  option.dataset['command'] = value;
  const name = document.createElement('strong');
  name.textContent = value;
  option.append(name, ` ${text}`);
  return option;
}
