/** What `x-source` of the contract says: where a statement is from. */
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

/** How the title of each badge begins: by this, the style sheet tells badges from other links. */
export const badgeTitle = 'Source:';

const reference = 'https://support.huaweicloud.com/intl/en-us/api-koodrive-carrier';

/** A source as badges, which are links in Markdown. */
export function badges({ page, neighbour, plain, ours = [] }: Source): string {
  return [
    ...(page ? [badge('the page', `${reference}/${page}.html`, `the vendor's page ${page}`)] : []),
    ...(neighbour
      ? [badge('a neighbour', `${reference}/${neighbour}.html`, `the neighbouring page ${neighbour}`)]
      : []),
    // The addresses of the plain reference were not recorded: the errata say which facts are from it.
    ...(plain
      ? [
          badge(
            'plain reference',
            `errata.html#where-the-other-facts-come-from`,
            `the vendor's plain reference, ${plain}`,
          ),
        ]
      : []),
    ...[ours]
      .flat()
      .map((erratum) =>
        badge(`ours, ${erratum}`, `errata.html#${erratum.toLowerCase()}`, `our reading, erratum ${erratum}`),
      ),
  ].join(' ');
}

const badge = (text: string, href: string, title: string): string => `[${text}](${href} "${badgeTitle} ${title}")`;
