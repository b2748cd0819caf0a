/** Lets each button of class `copy` copy the code beside it. */
export function copyOnClick(): void {
  document.addEventListener('click', async ({ target }) => {
    if (!(target instanceof HTMLButtonElement) || !target.classList.contains('copy')) return;
    const code = target.parentElement?.querySelector('pre');
    if (!code) return;
    const copied = await copy(code);
    target.textContent = copied ? 'Copied' : 'Press Ctrl+C';
    setTimeout(() => {
      target.textContent = 'Copy';
    }, 2000);
  });
}

/** Copies the code. Selects it instead if the page may not write to the clipboard. */
async function copy(code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return false;
  }
}
