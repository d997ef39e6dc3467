export interface Chart {
  title: string;
  /** what the bars count */
  unit: string;
  /** under the title: what one must know to read it */
  note: string;
  bars: { label: string; value: number }[];
}

const WIDTH = 760;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 110;
const BAR_HEIGHT = 26;
const ROW_HEIGHT = 38;
const TOP = 84;

/**
 * A bar chart as SVG, readable on light and dark pages. Bars begin at zero and are to scale; a bar whose
 * value is not a number is left out, its row says so.
 */
export function drawChart({ title, unit, note, bars }: Chart): string {
  const most = Math.max(...bars.map(({ value }) => (Number.isFinite(value) ? value : 0)), Number.MIN_VALUE);
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH - 16;
  const height = TOP + bars.length * ROW_HEIGHT + 12;
  const rows = bars.map(({ label, value }, i) => {
    const y = TOP + i * ROW_HEIGHT;
    const length = Number.isFinite(value) ? Math.max(0, (value / most) * room) : 0;
    const text = Number.isFinite(value) ? formatNumber(value) : 'no value';
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${y + 18}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" rx="3"`
      + ' fill="#2f6fb3"/>',
      `<text x="${(LABEL_WIDTH + length + 8).toFixed(1)}" y="${y + 18}">${text}</text>`,
    ].join('\n  ');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img"`
    + ` aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="14" fill="#222">`,
    `  <rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `  <text x="16" y="28" font-size="18" font-weight="600">${escaped(title)}</text>`,
    `  <text x="16" y="48" fill="#666">${escaped(unit)}</text>`,
    `  <text x="16" y="67" fill="#666" font-size="12">${escaped(note)}</text>`,
    ...rows.map((row) => `  ${row}`),
    '</svg>',
    '',
  ].join('\n');
}

/** 12345.6 → 12,346; small numbers keep two digits after the point. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
