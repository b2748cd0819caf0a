/** A change of Redoc's code. `find` must match exactly once, so that a newer Redoc cannot lose the change unseen. */
interface Patch {
  why: string;
  find: RegExp;
  replace: string;
}

/**
 * What no option of Redoc changes. The code is minified, and differently for Node and for browsers: the patterns leave
 * the names open.
 */
const patches: Patch[] = [
  {
    why: 'Each section is in the page from the start, so that search in the page, printing and readers without scripts find it.',
    find: /useState\)\(\(\)=>\w+\|\|\w+\.has\(\w+\)\)/,
    replace: 'useState)(()=>!0)',
  },
  {
    why: 'So is each field of an object within an object.',
    find: /(forceMount:\w+=!1,estimatedHeight:\w+,children:\w+\}\)\{let\[\w+,\w+\]=\(0,\w+\.useState\)\()\w+\)/,
    replace: '$1!0)',
  },
  {
    why: 'The operations of a tag are open, whichever part of the page is looked at.',
    find: /(\w+)\.content===null\|\|\w+&&!\w+\(\1\.gatePath,\w+\)\?null:/,
    replace: '$1.content===null?null:',
  },
  {
    why: 'This decides the same for the tag as a whole.',
    find: /children\.length>0&&\w+\.content\.contentType!==\w+\.GROUP\}/,
    replace: 'children.length>0}',
  },
  {
    why: 'Redoc shows the answer of one status at a time. Under it, every refusal is listed.',
    find: /(case[`"]responses[`"]:return)(\(0,(\w+)\.jsx\))(\((\w+),\{node:(\w+)\}\));/,
    replace:
      '$1(0,$3.jsxs)($3.Fragment,{children:[$2$4,(0,$3.jsx)("div",{className:"docs-refusals",children:' +
      '$6.responses.slice(1).map(answer=>(0,$3.jsxs)("div",{children:[(0,$3.jsx)("code",{children:answer.code}),' +
      '$2($5,{node:{...$6,responses:[{code:answer.code,description:answer.description,mediaTypes:[]}]}})]},answer.code))})]});',
  },
];

/** The chunk of Redocly's command line that holds Redoc for Node, by what only it has. */
export function isRedoc(code: string): boolean {
  return code.includes('"Layout/ThreePanelLayout"') || code.includes('`Layout/ThreePanelLayout`');
}

/**
 * Changes Redoc's code, for Node or for browsers.
 *
 * @throws Error if a change does not find its place, or finds several.
 */
export function patchRedoc(code: string): string {
  return patches.reduce((patched, { why, find, replace }) => {
    const places = [...patched.matchAll(new RegExp(find, 'g'))].length;
    if (places !== 1) throw new Error(`Redoc has ${places} places for a change that needs one: ${why}`);
    return patched.replace(find, replace);
  }, code);
}
