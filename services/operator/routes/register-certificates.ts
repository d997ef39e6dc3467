import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { CertificateAnswer, SaleParams } from '../http-schemas.ts';
import type { SigningKey } from '../../shared/platform/signing-key.ts';
import { signCertificate } from '../verify/sign-certificate.ts';
import { verifySale } from '../verify/verify-sale.ts';
import type { VerifySources } from '../verify/verify-sale.ts';

interface CertificateRoutes {
  sources: VerifySources;
  credentials: Credentials;
  certificateKey: SigningKey;
}

/** Verification of sales, and the key that their certificates are checked with. */
export function registerCertificates(
  app: FastifyInstance, { sources, credentials, certificateKey }: CertificateRoutes,
): void {
  app.get<{ Params: Static<typeof SaleParams> }>('/admin/v1/sales/:saleId/certificate', {
    onRequest: needsRole(credentials, 'viewer'),
    schema: { params: SaleParams, response: { 200: CertificateAnswer } },
    attachValidation: true,
  }, async (request, reply) => {
    if (request.validationError !== undefined) return sendProblem(reply, 'sale_unknown');
    const certificate = await verifySale(sources, request.params.saleId);
    if (certificate === undefined) return sendProblem(reply, 'sale_unknown');
    if (certificate === 'unready') return sendProblem(reply, 'unavailable');
    return { certificate, signed: await signCertificate(certificateKey, certificate) };
  });

  // A JWK set (RFC 7517): public, so that anybody can check a certificate.
  app.get('/.well-known/jwks.json', async () => ({ keys: [certificateKey.publicJwk] }));
}
