/** The value of `x-source` in the contract: where a statement is from. */
export interface Source {
  /** The page that is the authority, by its name. */
  page?: string;
  /** A neighbouring page, by its name. */
  neighbour?: string;
  /** The vendor's plain reference, by the name of a page or a list. */
  plain?: string;
  /** Our reading, by its errata. */
  ours?: string | string[];
}

/** Returns a source as badges, which are links in Markdown. */
export function badges({ page, neighbour, plain, ours = [] }: Source): string {
  const vendors = [
    page && badge('the page', addressOf(page), `the vendor's page ${page}`),
    neighbour && badge('a neighbour', addressOf(neighbour), `the neighbouring page ${neighbour}`),
    // The addresses of the plain reference were not recorded: the errata say which facts are from it.
    plain && badge('plain reference', `errata.html#${otherFacts}`, `the vendor's plain reference, ${plain}`),
  ];
  const readings = [ours].flat().map((erratum, at) => {
    const text = at === 0 ? `ours, ${erratum}` : erratum;
    return badge(text, `errata.html#${erratum.toLowerCase()}`, `our reading, erratum ${erratum}`);
  });
  return [...vendors, ...readings].filter(Boolean).join(' ');
}

/** The part of the errata that lists borrowed facts. */
const otherFacts = 'where-the-other-facts-come-from';

const addressOf = (page: string): string =>
  `https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier/${page}.html`;

const badge = (text: string, href: string, title: string): string => `[${text}](${href} "Source: ${title}")`;
