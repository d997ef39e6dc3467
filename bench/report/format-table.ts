import { formatNumber } from './draw-chart.ts';

/** Rows as text, columns under each other, the first one to the left and the others to the right. */
export function formatTable(rows: readonly (string | number)[][]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)));
  const widths = (texts[0] ?? []).map((_, column) =>
    Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  return texts.map((row) => row.map((cell, column) => {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  }).join('   ').trimEnd()).join('\n');
}
