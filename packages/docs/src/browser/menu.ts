/** Opens and closes the menu of a narrow screen, and marks the operation that the reader is at. */
export function setUpMenu(): void {
  const button = document.querySelector('[data-toggle="menu"]');
  const menu = document.getElementById('menu');
  const open = (isOpen: boolean): void => {
    document.documentElement.classList.toggle('menu-open', isOpen);
    button?.setAttribute('aria-expanded', `${isOpen}`);
  };
  button?.addEventListener('click', () => open(button.getAttribute('aria-expanded') !== 'true'));
  menu?.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a')) open(false);
  });
  document.querySelector('.skip')?.addEventListener('click', skip);
  markOperation();
  window.addEventListener('hashchange', markOperation);
  followScrolling();
}

/** Focuses the content as the link would, but leaves the address: Redoc would look for an operation named `content`. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

const operationLinks = (): HTMLAnchorElement[] => [
  ...document.querySelectorAll<HTMLAnchorElement>('#menu a[href^="index.html#"]'),
];

function markOperation(): void {
  if (!document.getElementById('redoc')) return;
  const id = location.hash;
  const current = operationLinks().find(({ hash }) => id === hash || id.startsWith(`${hash}/`));
  const link = current ?? document.querySelector('#menu a[href="index.html"]');
  for (const marked of document.querySelectorAll('#menu [aria-current]')) marked.removeAttribute('aria-current');
  link?.setAttribute('aria-current', current ? 'location' : 'page');
  // scrollIntoView would scroll the page too.
  const menu = document.getElementById('menu');
  if (menu && current && !isIn(menu, current)) menu.scrollTop = current.offsetTop - menu.clientHeight / 2;
}

function isIn(menu: HTMLElement, link: HTMLElement): boolean {
  const top = link.offsetTop - menu.offsetTop - menu.scrollTop;
  return top >= 0 && top < menu.clientHeight - link.clientHeight;
}

/** Marks the operation after scrolling. Redoc changes the address then, and browsers fire no event for that. */
function followScrolling(): void {
  let last = location.hash;
  document.addEventListener(
    'scrollend',
    () => {
      if (location.hash === last) return;
      last = location.hash;
      markOperation();
    },
    { passive: true },
  );
}
