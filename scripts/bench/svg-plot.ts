/** Values of one unit, each with a label. */
export interface Series {
  title: string;
  labels: string[];
  values: number[];
}

const width = 420;
const height = 240;
const margin = 40;

/** Draws series as bar charts in an SVG. Each series has its own panel and scale; two panels stand in a row. */
export function svgPlot(title: string, series: Series[]): string {
  const rows = Math.ceil(series.length / 2);
  const panels = series.map((one, i) => panel(one, (i % 2) * width, Math.floor(i / 2) * height + margin));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${rows * height + margin}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${width}" y="26" font-size="16" text-anchor="middle">${escaped(title)}</text>
${panels.join('\n')}
</svg>
`;
}

function panel({ title, labels, values }: Series, left: number, top: number): string {
  const highest = Math.max(...values, Number.MIN_VALUE);
  const room = height - 2 * margin;
  const step = (width - 2 * margin) / values.length;
  const bars = values.map((value, i) => {
    const tall = (value / highest) * room;
    const x = left + margin + i * step;
    const y = top + margin + room - tall;
    const middle = x + step / 2;
    const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
    return `<rect x="${x + step / 6}" y="${y}" width="${(step * 2) / 3}" height="${tall}" fill="#2563eb"/>
<text x="${middle}" y="${y - 4}" text-anchor="middle">${shown}</text>
<text x="${middle}" y="${top + height - margin + 16}" text-anchor="middle">${escaped(labels[i] ?? '')}</text>`;
  });
  return `<text x="${left + margin}" y="${top + margin / 2}" font-weight="bold">${escaped(title)}</text>
${bars.join('\n')}`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
