import { SignJWT, type JWTPayload } from 'jose'
import { parseClientKeys } from '../config/client-keys.js'
import { clientAlgorithmsOf } from '../config/fapi.js'
import type { ProviderConfig } from '../config/schema.js'
import type { JsonObject } from '../json-object.js'
import { createFileContent } from './file-content.js'
import type { Logger } from './logger.js'

/** Signs as the client, with the first key of its file as that is now. */
export interface ClientSigner {
  /** A JWT with these claims; `typ` goes into its header. Throws OidcError ERR_PROVIDER_CONFIGURATION. */
  sign(claims: JWTPayload, typ?: string): Promise<string>
  /** The public halves of all keys of the file, as a JWKS. Throws likewise. */
  jwks(): Promise<{ readonly keys: readonly JsonObject[] }>
}

/** The signer of a client with a `clientKeyFile`. */
export function createClientSigner(
  config: ProviderConfig,
  logger: Logger,
): ClientSigner | undefined {
  const { clientKeyFile, clientAssertionAlgorithm } = config
  if (clientKeyFile === undefined) return undefined
  const allowed = clientAlgorithmsOf(config)
  const readKeys = createFileContent({
    what: 'client key',
    files: [clientKeyFile],
    parse: ([text = '']) => parseClientKeys(text, clientAssertionAlgorithm, allowed),
    logger,
  })
  return {
    async sign(claims, typ) {
      const [key] = await readKeys()
      if (key === undefined) throw new TypeError('a key file that was accepted has a key')
      const { algorithm: alg, kid, certificateThumbprint, privateKey } = key
      const header = {
        alg,
        kid,
        ...(certificateThumbprint !== undefined && { 'x5t#S256': certificateThumbprint }),
        ...(typ !== undefined && { typ }),
      }
      return new SignJWT(claims).setProtectedHeader(header).sign(privateKey)
    },
    jwks: async () => ({ keys: (await readKeys()).map(({ publicJwk }) => publicJwk) }),
  }
}
