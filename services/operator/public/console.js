// Shows GET /admin/v1/sales as a table and looks again every few seconds. The token stays in this tab.
const REFRESH_MS = 2_000;
const form = document.querySelector('#who');
const token = document.querySelector('#token');
const notice = document.querySelector('#notice');
const table = document.querySelector('#sales');

form.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('token', token.value);
  void show();
});
token.value = sessionStorage.getItem('token') ?? '';
if (token.value !== '') void show();
setInterval(() => {
  if (sessionStorage.getItem('token') !== null && !table.hidden) void show();
}, REFRESH_MS);

async function show() {
  try {
    const reply = await fetch('/admin/v1/sales?limit=500', {
      headers: { authorization: `Bearer ${sessionStorage.getItem('token') ?? ''}` },
    });
    const answer = await reply.json();
    if (!reply.ok) throw new Error(answer.title ?? `status ${reply.status}`);
    table.tBodies[0].replaceChildren(...answer.sales.flatMap(rowsOf));
    table.hidden = answer.sales.length === 0;
    const parked = answer.parkedPartitions.map(({ partition, records, reason }) =>
      `Partition ${partition} is parked, ${records} records wait: ${reason}`);
    notice.textContent = parked.join('; ') || (answer.sales.length === 0 ? 'The log has no sale yet.' : '');
    notice.className = parked.length > 0 ? 'bad' : '';
  } catch (error) {
    notice.textContent = `That did not work: ${error.message}`;
    notice.className = 'bad';
  }
}

function rowsOf(sale) {
  const projections = sale.projections.length > 0 ? sale.projections : [{ projection: 'none yet' }];
  return projections.map((projection) => {
    const row = document.createElement('tr');
    row.append(
      cell(sale.saleId),
      cell(sale.state ?? 'unknown'),
      ...countsOf(sale.stock).map((count) => cell(count, 'count')),
      cell(sale.partition, 'count'),
      cell(sale.headSeq, 'count'),
      cell(projection.projection),
      cell(projection.seq ?? 0, 'count'),
      cell(projection.behind ?? sale.headSeq, 'count'),
      stateOf(sale, projection),
    );
    return row;
  });
}

/** Sold, held, blocked, free. */
function countsOf(stock) {
  if (!stock) return ['–', '–', '–', '–'];
  const { capacity, held, sold, blocked } = stock;
  return [sold, held, blocked, capacity - held - sold - blocked];
}

function stateOf(sale, { parked }) {
  if (parked) return cell(`parked at ${parked.seq} (${parked.type}): ${parked.reason}`, 'bad');
  if (sale.rejected > 0) return cell(`${sale.rejected} events rejected`, 'bad');
  return cell('ok');
}

function cell(text, className = '') {
  const td = document.createElement('td');
  td.textContent = String(text);
  td.className = className;
  return td;
}
