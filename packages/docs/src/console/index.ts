import type { Validate } from '@koodrive-backup/spec/contract';
import { type ConsoleDialog, createDialog } from './dialog.ts';
import { element } from './element.ts';
import { type ConsoleData, withValidators } from './operations.ts';

const address = /^#try\/(\w+)$/;

/**
 * Starts the console on a page. A link to `#try/<operationId>` opens it for that operation, and so does that address.
 * When the reader leaves the page, all that was typed is gone, even if the browser keeps the page to go back to.
 */
export function startConsole(
  { operations: data, mock, styles }: ConsoleData,
  validators: Record<string, Validate>,
): void {
  const operations = data.map((each) => withValidators(each, validators));
  let dialog: ConsoleDialog | undefined;

  function open(id: string): void {
    dialog ??= createDialog(operations, mock);
    dialog.open(id);
  }

  function discard(): void {
    dialog?.discard();
    dialog = undefined;
  }

  document.head.append(element('style', {}, styles));
  document.addEventListener(
    'click',
    (event) => {
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      const [, id] = address.exec(link?.hash ?? '') ?? [];
      if (!id || event.ctrlKey || event.metaKey) return;
      // Capture the click before Redoc's router, which knows no such address.
      event.preventDefault();
      event.stopPropagation();
      open(id);
    },
    true,
  );
  window.addEventListener('pagehide', discard);
  const [, id] = address.exec(location.hash) ?? [];
  if (id) open(id);
}
