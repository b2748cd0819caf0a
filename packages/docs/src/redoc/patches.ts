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
  {
    why: 'An address of one operation does not render the page from there on first, which would throw away the HTML.',
    find: /(\w+)=\w+\(\),(?=\w+=\(0,\w+\.useMemo\)\(\(\)=>\w+\(\w+,\w+\.pathname\))/,
    replace: '$1=!0,',
  },
  {
    why: 'A pattern is shown whole. Redoc cuts it after 48 characters.',
    find: /(=\w+\.length>)48(,\w+=\w+\|\|!\w+\?)/,
    replace: '$11e4$2',
  },
  {
    why: 'The levels of headings go down by one: an operation is h2, its parts are h3, and the parts of these are h4.',
    find: /(case 4:return\(0,\w+\.jsx\)\(\w+,\{)(\$inline:\w+,children:\w+\}\);case 5:return\(0,\w+\.jsx\)\(\w+,\{)(?=\$inline)/,
    replace: '$1as:"h3",$2as:"h4",',
  },
  {
    why: 'So are the names of groups of parameters.',
    find: /\.h5(?=`\s+font-size: var\(--font-size-md\))/,
    replace: '.h4',
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
