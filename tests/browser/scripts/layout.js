// What is wrong with how a page is laid out, as sentences. Of the dialog that is open, or of the page.
//
//   clipped      a text goes out of a box that hides what goes out of it, or out of its own control
//   overlapping  two controls, or a text and a control that it does not belong to, share a place
//   covered      a control's middle is under something else
//   small        a control is smaller than a finger
//   too wide     the page scrolls to the side
(least) => {
  const CONTROLS = 'button, a[href], input, select, textarea, summary, [role="button"], [tabindex="0"]';
  const root = document.querySelector('dialog[open]') ?? document.body;
  const faults = [];
  const unseen = '.visually-hidden, .unseen, .skip, noscript, script, style';
  const isSeen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(unseen);
  const name = (e) => {
    const action = e.dataset?.action ? `[${e.dataset.action}${e.dataset.value ? `=${e.dataset.value}` : ''}]` : '';
    const text = (e.getAttribute('aria-label') ?? e.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40);
    return `<${e.localName}${action}> "${text}"`;
  };
  const box = ({ left, top, right, bottom }) => ({ left, top, right, bottom });
  const meet = (a, b) => ({
    left: Math.max(a.left, b.left), top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom),
  });
  const isBox = (a, least = 1) => a.right - a.left > least && a.bottom - a.top > least;
  const goesOut = (inner, outer, by = 1.5) => ({
    across: inner.left < outer.left - by || inner.right > outer.right + by,
    down: inner.top < outer.top - by || inner.bottom > outer.bottom + by,
  });
  const ancestors = (e) => {
    const found = [];
    for (let at = e.parentElement; at && at !== document.documentElement; at = at.parentElement) found.push(at);
    return found;
  };
  const scrolls = (value) => value === 'auto' || value === 'scroll';
  /** What is left of a box when everything that scrolls has cut it. */
  const cut = (e, own) =>
    ancestors(e).reduce((rest, at) => {
      const style = getComputedStyle(at);
      const isCut = [style.overflowX, style.overflowY].some((value) => value !== 'visible');
      return isCut ? meet(rest, at.getBoundingClientRect()) : rest;
    }, box(own));

  if (document.scrollingElement.scrollWidth > innerWidth + 1) faults.push(`too wide: ${document.scrollingElement.scrollWidth} in ${innerWidth}`);

  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || e.namespaceURI.endsWith('svg') || !isSeen(e)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    texts.push({ e, rects: [...range.getClientRects()].filter((rect) => isBox(rect)) });
  }
  for (const { e, rects } of texts) {
    const control = e.closest(CONTROLS);
    for (const rect of rects) {
      for (const at of [e, ...ancestors(e)]) {
        const { overflowX, overflowY } = getComputedStyle(at);
        const out = goesOut(rect, at.getBoundingClientRect());
        const isHidden = (value) => value !== 'visible' && !scrolls(value);
        if ((out.across && isHidden(overflowX)) || (out.down && isHidden(overflowY))) faults.push(`clipped: ${name(e)} by ${name(at)}`);
        if (out.across && scrolls(overflowX) && !at.matches('.table, .plot, pre, [data-scrolls]')) faults.push(`scrolled away to the side: ${name(e)}`);
        if (scrolls(overflowX) || scrolls(overflowY)) break;
      }
      const own = control && goesOut(rect, control.getBoundingClientRect());
      if (own && !scrolls(getComputedStyle(control).overflowX) && (own.across || own.down)) faults.push(`clipped: ${name(e)} goes out of its control`);
    }
  }

  const controls = [...root.querySelectorAll(CONTROLS)].filter((e) => isSeen(e) && !e.disabled && e.getBoundingClientRect().width > 0);
  const targets = controls.filter((e) => !e.matches('[role="region"], [role="log"], pre, .plot, section'));
  const place = (e) => (e.matches('input') && e.closest('label') ? e.closest('label') : e).getBoundingClientRect();
  const seen = targets.map((e) => ({ e, at: cut(e, e.getBoundingClientRect()) })).filter(({ at }) => isBox(at, 2));
  const isAbove = (e) => [e, ...ancestors(e)].some((at) => ['fixed', 'sticky'].includes(getComputedStyle(at).position));
  seen.forEach(({ e, at }, index) => {
    for (const other of seen.slice(index + 1)) {
      if (e.contains(other.e) || other.e.contains(e) || isAbove(e) !== isAbove(other.e)) continue;
      if (isBox(meet(at, other.at), 2)) faults.push(`overlapping: ${name(e)} and ${name(other.e)}`);
    }
    for (const text of texts) {
      if (e.contains(text.e) || text.e.contains(e) || text.e.closest('label')?.contains(e)) continue;
      if (isAbove(e) !== isAbove(text.e)) continue;
      if (text.rects.some((rect) => isBox(meet(cut(text.e, rect), at), 2))) faults.push(`overlapping: ${name(e)} and the text ${name(text.e)}`);
    }
    const middle = [(at.left + at.right) / 2, (at.top + at.bottom) / 2];
    const isInView = middle[0] > 0 && middle[0] < innerWidth && middle[1] > 0 && middle[1] < innerHeight;
    const top = isInView && document.elementFromPoint(...middle);
    if (top && !e.contains(top) && !e.closest('label')?.contains(top) && !isAbove(top)) faults.push(`covered: ${name(e)} by ${name(top)}`);
    const { width, height } = place(e);
    if (Math.min(width, height) < least - 0.5 && !(e.localName === 'a' && getComputedStyle(e).display === 'inline')) faults.push(`small: ${name(e)} is ${Math.round(width)} x ${Math.round(height)}`);
  });
  return [...new Set(faults)];
}
