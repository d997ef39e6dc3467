import { deriveId } from '../../services/selling/derive-id.ts';
import { postRequest } from './hold-request.ts';

/** The order of the n-th hold that `holdRequest` placed in the same run; its id is derived, not read. */
export function orderRequest(
  { saleId, checkoutKey, idSecret, run, payment = () => ({ method: 'free' }) }:
  { saleId: string; checkoutKey: string; idSecret: string; run: string; payment?: (n: number) => object },
): (n: number) => string {
  const authorization = `Bearer ${checkoutKey}`;
  const contact = '"contact":{"name":"Ana Buyer","email":"ana.buyer@example.org"}';
  return (n) => {
    const buyerId = `b-${run}-${n}`;
    const holdId = deriveId(idSecret, 'h', { saleId, buyerId, key: `k-${run}-${n}` });
    return postRequest(
      `/v1/sales/${saleId}/orders`,
      `{"buyerId":"${buyerId}","holdId":"${holdId}",${contact},"payment":${JSON.stringify(payment(n))}}`,
      { authorization, 'idempotency-key': `o-${run}-${n}` },
    );
  };
}
