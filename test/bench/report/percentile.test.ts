import t from 'tap';
import { median, percentile } from '../../../bench/report/percentile.ts';

t.test('the median is the middle, or the mean of the two in the middle', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.equal(median([7]), 7);
  t.ok(Number.isNaN(median([])));
});

t.test('numbers are sorted as numbers', async (t) => {
  t.equal(median([100, 9, 10]), 10);
  t.equal(percentile([100, 9, 10], 1), 100);
});

t.test('a percentile is a value that was measured, by nearest rank', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  t.equal(percentile(hundred, 0.5), 50);
  t.equal(percentile(hundred, 0.99), 99);
  t.equal(percentile(hundred, 1), 100);
  t.equal(percentile(hundred, 0), 1);
  t.equal(percentile([5], 0.99), 5);
  t.ok(Number.isNaN(percentile([], 0.5)));
});

t.test('what is measured is left in its order', async (t) => {
  const values = [3, 1, 2];
  median(values);
  percentile(values, 0.5);
  t.same(values, [3, 1, 2]);
});
