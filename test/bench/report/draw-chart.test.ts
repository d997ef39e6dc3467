import t from 'tap';
import { drawChart, formatNumber } from '../../../bench/report/draw-chart.ts';
import { formatTable } from '../../../bench/report/format-table.ts';

const chart = { title: 'A & B', unit: 'per second', note: 'two <bars>', bars: [] };

t.test('bars are to scale', async (t) => {
  const svg = drawChart({ ...chart, bars: [{ label: 'a', value: 10 }, { label: 'b', value: 40 }] });
  const rects = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)];
  const [a = NaN, b = NaN] = rects.map(([, width]) => Number(width));
  t.ok(b > 100, 'the longest fills the room');
  t.ok(Math.abs(b / a - 4) < 0.01, 'a quarter of the value is a quarter of the length');
});

t.test('text is escaped, so that the file is XML', async (t) => {
  const svg = drawChart({ ...chart, bars: [{ label: '"x" < y', value: 1 }] });
  t.match(svg, 'A &amp; B');
  t.match(svg, 'two &lt;bars&gt;');
  t.match(svg, '&quot;x&quot; &lt; y');
  t.notMatch(svg, '<bars>');
});

t.test('no value is said, not drawn', async (t) => {
  const svg = drawChart({ ...chart, bars: [{ label: 'a', value: NaN }, { label: 'b', value: 0 }] });
  t.notMatch(svg, /NaN|Infinity/);
  t.match(svg, 'no value');
});

t.test('numbers are readable', async (t) => {
  t.equal(formatNumber(12_345.6), '12,346');
  t.equal(formatNumber(0.754), '0.75');
  t.equal(formatNumber(7), '7');
});

t.test('columns of a table stand under each other', async (t) => {
  t.equal(formatTable([['', 'per second'], ['hold', 12_000], ['empty route', 7]]), [
    '              per second',
    'hold              12,000',
    'empty route            7',
  ].join('\n'));
});
