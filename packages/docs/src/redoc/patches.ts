/** A change to Redoc's code. `find` must match exactly once, so that no newer Redoc drops the change unnoticed. */
interface Patch {
  why: string;
  find: RegExp;
  replace: string;
}

/**
 * The changes for which Redoc has no option. Its code is minified, and differently for Node and for browsers, so the
 * patterns match any name.
 */
const patches: Patch[] = [
  {
    why: 'Each section is in the page from the start, so that search in the page, printing and readers without scripts find it.',
    find: /useState\)\(\(\)=>\w+\|\|\w+\.has\(\w+\)\)/,
    replace: 'useState)(()=>!0)',
  },
  {
    why: 'Each field of an object within an object is in the page from the start too.',
    find: /(forceMount:\w+=!1,estimatedHeight:\w+,children:\w+\}\)\{let\[\w+,\w+\]=\(0,\w+\.useState\)\()\w+\)/,
    replace: '$1!0)',
  },
  {
    why: 'The operations of a tag are open, whichever part of the page is looked at.',
    find: /(\w+)\.content===null\|\|\w+&&!\w+\(\1\.gatePath,\w+\)\?null:/,
    replace: '$1.content===null?null:',
  },
  {
    why: 'A tag as a whole is open too, whichever part of the page is looked at.',
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
  {
    why: 'If the address names an operation, Redoc would first render only what follows it, and throw away the HTML.',
    find: /(\w+)=\w+\(\),(?=\w+=\(0,\w+\.useMemo\)\(\(\)=>\w+\(\w+,\w+\.pathname\))/,
    replace: '$1=!0,',
  },
  {
    why: 'A pattern is shown whole. Redoc would cut it after 48 characters.',
    find: /(=\w+\.length>)48(,\w+=\w+\|\|!\w+\?)/,
    replace: '$11e4$2',
  },
  {
    why: 'The levels of headings have no gap: an operation is h2, its parts are h3, and their parts are h4.',
    find: /(case 4:return\(0,\w+\.jsx\)\(\w+,\{)(\$inline:\w+,children:\w+\}\);case 5:return\(0,\w+\.jsx\)\(\w+,\{)(?=\$inline)/,
    replace: '$1as:"h3",$2as:"h4",',
  },
  {
    why: 'The names of groups of parameters are h4, so that the levels of headings have no gap.',
    find: /\.h5(?=`\s+font-size: var\(--font-size-md\))/,
    replace: '.h4',
  },
];

/** Recognises the file of Redocly's command line that holds Redoc for Node, by a name that only this file has. */
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
