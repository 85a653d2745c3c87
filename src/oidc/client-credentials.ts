import { parseClientAssertion } from '../config/client-assertion.js'
import type { ProviderConfig } from '../config/schema.js'
import { createClientSecrets, type ClientSecrets } from './client-secrets.js'
import { createClientSigner, type ClientSigner } from './client-signer.js'
import { createFileContent } from './file-content.js'
import type { Logger } from './logger.js'
import type { ProviderTls } from './provider-tls.js'

/** All that a client can prove with who it is, as its files have it now. */
export interface ClientCredentials {
  readonly secrets: ClientSecrets
  /** Signs as the client, where it has a key. */
  readonly signer: ClientSigner | undefined
  /** The assertion that somebody else has signed for the client, where it has one. */
  readonly assertion: (() => Promise<string>) | undefined
  /** The public keys and certificates by which the provider knows the client, as a JWKS; undefined where it has none. */
  jwks(): Promise<object | undefined>
}

export function createClientCredentials(
  config: ProviderConfig,
  { readTls, logger }: { readonly readTls: () => Promise<ProviderTls>; readonly logger: Logger },
): ClientCredentials {
  const { clientAssertionFile } = config
  const signer = createClientSigner(config, logger)
  return {
    secrets: createClientSecrets(config, logger),
    signer,
    assertion:
      clientAssertionFile === undefined
        ? undefined
        : createFileContent({
            what: 'client assertion',
            files: [clientAssertionFile],
            parse: ([text = '']) => parseClientAssertion(text),
            logger,
          }),
    async jwks() {
      const signing = (await signer?.jwks())?.keys ?? []
      const keys = [...signing, ...(await readTls()).registered]
      return keys.length === 0 ? undefined : { keys }
    },
  }
}
