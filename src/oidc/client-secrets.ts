import { parseClientSecrets } from '../config/client-secrets.js'
import type { ProviderConfig } from '../config/schema.js'
import { OidcError } from './errors.js'
import { createFileContent } from './file-content.js'
import type { Logger } from './logger.js'

/** The secrets of a client, as its file has them now. */
export interface ClientSecrets {
  /** All of them, in the order of the file; none for a client without. Throws ERR_PROVIDER_CONFIGURATION. */
  read(): Promise<readonly string[]>
  /**
   * In the order in which to try them: first what the provider accepted last. Throws for a client without.
   */
  inOrder(): Promise<readonly [string, ...string[]]>
  /** Remembers that the provider accepted one. */
  accepted(secret: string): void
}

/**
 * Follows a secret that is being rotated. The provider may drop the old one at any time between two calls, and the file
 * may be changed before the provider or after it; so the one that was accepted last is kept to be tried as well, even
 * when the file no longer has it.
 */
export function createClientSecrets(config: ProviderConfig, logger: Logger): ClientSecrets {
  const { id, issuer, clientSecret, clientSecretFile } = config
  let lastAccepted: string | undefined
  const read =
    clientSecretFile === undefined
      ? async () => (clientSecret === undefined ? [] : [clientSecret])
      : createFileContent({
          what: 'client secret',
          files: [clientSecretFile],
          parse: ([text = '']) => parseClientSecrets(text),
          logger,
        })

  return {
    read,
    async inOrder() {
      const secrets = await read()
      const isThere = lastAccepted !== undefined && secrets.includes(lastAccepted)
      const known = lastAccepted === undefined ? [] : [lastAccepted]
      const order = isThere ? [...known, ...secrets] : [...secrets, ...known]
      const [first, ...others] = new Set(order)
      if (first !== undefined) return [first, ...others]
      throw new OidcError('ERR_PROVIDER_CONFIGURATION', `provider "${id}" has no client secret`)
    },
    accepted(secret) {
      if (lastAccepted !== undefined && lastAccepted !== secret) {
        logger.info({ issuer }, 'the provider accepts another client secret than before')
      }
      lastAccepted = secret
    },
  }
}
