/** What a person has done to an element that is told by an attribute: opened it. */
const OWN_ATTRIBUTES: Readonly<Record<string, string>> = { DETAILS: 'open', DIALOG: 'open' };

/**
 * Makes an element what another one is, by as few changes as can be: what stays the same stays the same
 * element, so that it keeps the focus, what is typed into it, how far it is scrolled, what is selected of
 * it, and a press that has begun on it. What is the same is told by `id` or `data-key`; what has neither,
 * by being equal, or by being the only one of its kind among its siblings.
 *
 * @param wanted Is taken apart.
 */
export function morph(present: Element, wanted: Element): void {
  if (kindOf(present) !== kindOf(wanted)) {
    present.replaceWith(wanted);
    return;
  }
  if (present.isEqualNode(wanted)) return;
  takeAttributes(present, wanted);
  // What is in a list of parts comes and goes by patches of its own.
  if (!wanted.hasAttribute('data-parts')) takeChildren(present, wanted);
}

/** Its key or, where it has none, what it is and leads to. */
function kindOf(element: Element): string {
  const key = keyOf(element);
  const leadsTo = ['action', 'formaction', 'href', 'name', 'type'].map(
    (name) => element.getAttribute(name) ?? '',
  );
  return [element.nodeName, ...(key === null ? leadsTo : [key])].join('\n');
}

/** What tells an element among others. */
export function keyOf(element: Element): string | null {
  if (element.id !== '') return `#${CSS.escape(element.id)}`;
  const key = element.getAttribute('data-key');
  return key === null ? null : `[data-key="${CSS.escape(key)}"]`;
}

function takeAttributes(present: Element, wanted: Element): void {
  const own = OWN_ATTRIBUTES[present.nodeName];
  for (const name of present.getAttributeNames()) {
    if (name !== own && !wanted.hasAttribute(name)) present.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (name !== own && present.getAttribute(name) !== value) present.setAttribute(name, value);
  }
}

function takeChildren(present: Element, wanted: Element): void {
  const left = new Set<ChildNode>(present.childNodes);
  const [presentKinds, wantedKinds] = [kindsIn(present), kindsIn(wanted)];
  const children = [...wanted.childNodes].map((child) => {
    const same = sameAs(child);
    if (same === undefined) return child;
    left.delete(same);
    if (same instanceof Element && child instanceof Element) morph(same, child);
    return same;
  });

  for (const child of left) child.remove();
  let place = present.firstChild;
  for (const child of children) {
    if (child === place) place = place.nextSibling;
    else present.insertBefore(child, place);
  }

  function sameAs(child: ChildNode): ChildNode | undefined {
    if (child instanceof Element) {
      const kind = kindOf(child);
      const [only, ...others] = presentKinds.get(kind) ?? [];
      const isOnly = others.length === 0 && wantedKinds.get(kind)?.length === 1;
      if (only !== undefined && isOnly) return only;
    }
    for (const candidate of left) if (candidate.isEqualNode(child)) return candidate;
    return undefined;
  }
}

function kindsIn(element: Element): ReadonlyMap<string, readonly Element[]> {
  return Map.groupBy(element.children, kindOf);
}
