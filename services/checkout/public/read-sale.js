/**
 * Reads what is sold, however long it takes: trouble shows the banner and is tried again.
 *
 * @param {{ api: import('./api.js').Api, connection: import('./connection.js').Connection, saleId: string
 *   }} parts
 * @returns {Promise<import('./api.js').Answer | import('./api.js').Refused>} an answer's body is the sale
 */
export async function readSale({ api, connection, saleId }) {
  for (let attempt = 0; ; attempt++) {
    const outcome = await api.request('GET', `/v1/sales/${saleId}`, { anonymous: true });
    if (outcome.kind !== 'trouble') {
      connection.well('sale');
      return outcome;
    }
    await connection.trouble('sale', attempt, outcome);
  }
}
