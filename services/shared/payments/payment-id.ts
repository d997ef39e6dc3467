/**
 * A payment as the log knows it: `method:id`. Providers give ids without knowing of each other, so only with
 * its method does an id name one payment.
 */
export function packPaymentId(method: string, providersId: string): string {
  return `${method}:${providersId}`;
}

/** Reads what `packPaymentId` made. */
export function readPaymentId(paymentId: string): { method: string; providersId: string } {
  const [, method = '', providersId = ''] = /^([^:]*):(.*)$/s.exec(paymentId) ?? [];
  return { method, providersId };
}
