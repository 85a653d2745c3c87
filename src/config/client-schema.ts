import { Type } from 'typebox'
import { strict, text } from './schema-parts.js'
import { signatureAlgorithms } from './signature-algorithms.js'

/** Who Valetkey is at the provider, and how it proves that. */
export const clientFields = {
  clientId: text('The client that is registered at the provider.'),
  clientSecret: Type.Optional(text('The client secret; better kept in clientSecretFile.')),
  clientSecretFile: Type.Optional(
    text(
      'A file that holds the client secret; during a rotation two, one a line, of which the provider has to accept one.',
    ),
  ),
  clientAuthentication: Type.Enum(
    [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'federated_assertion',
      'none',
    ],
    {
      default: 'client_secret_basic',
      description: 'How the client authenticates itself.',
    },
  ),
  clientKeyFile: Type.Optional(
    text(
      'A file that holds the private key with which the client signs: PEM, a JWK or a JWKS. Of several keys the first signs; all are published at `/client-jwks`.',
    ),
  ),
  clientAssertionAlgorithm: Type.Optional(
    Type.Enum([...signatureAlgorithms], {
      description:
        'The signature algorithm of keys that name none; by default RS256 for RSA, that of the curve for EC, EdDSA for Ed25519.',
    }),
  ),
  clientAssertionAudience: Type.Enum(['issuer', 'token_endpoint'], {
    default: 'issuer',
    description:
      'The `aud` of client assertions; `token_endpoint` for providers that want its URL (Entra ID).',
  }),
  clientAssertionFile: Type.Optional(
    text(
      'For `federated_assertion`: a file that holds a token of somebody whom the provider trusts, such as that of a Kubernetes service account. By default that of AZURE_FEDERATED_TOKEN_FILE.',
    ),
  ),
  tls: Type.Optional(
    Type.Object(
      {
        caFile: Type.Optional(text("The authorities (PEM) to trust instead of the system's.")),
        certFile: Type.Optional(text('The client certificate (PEM), with keyFile.')),
        keyFile: Type.Optional(text("The client certificate's private key (PEM).")),
      },
      {
        ...strict,
        description:
          'The connections to the provider. With a client certificate its `mtls_endpoint_aliases` are used. Changes of the files take effect without a restart.',
      },
    ),
  ),
}
