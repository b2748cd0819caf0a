import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import json from 'highlight.js/lib/languages/json';
import typescript from 'highlight.js/lib/languages/typescript';
import { element } from './element.ts';

hljs.registerLanguage('bash', bash);
hljs.registerLanguage('json', json);
hljs.registerLanguage('typescript', typescript);

/**
 * Highlighted code with a button that copies it, in the form that the other pages have.
 *
 * @param label What the button copies, for screen readers.
 */
export function codeBlock(code: string, language: 'bash' | 'json' | 'typescript', label: string): HTMLElement {
  const highlighted = element('code');
  // highlight.js escapes the code.
  highlighted.innerHTML = hljs.highlight(code, { language }).value;
  return element(
    'div',
    { class: 'code' },
    element('pre', {}, highlighted),
    element('button', { type: 'button', class: 'copy', 'aria-label': `Copy: ${label}` }, 'Copy'),
  );
}

/** Puts each member of JSON on a line. Leaves a text whose values would change, such as a number beyond 2^53. */
export function readableJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const compact = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
    return JSON.stringify(value) === compact ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}
