import { parseClientAssertion } from './client-assertion.js'
import { parseClientKeys } from './client-keys.js'
import { parseClientSecrets } from './client-secrets.js'
import type { ProviderDraft } from './draft.js'
import { clientAlgorithmsOf } from './fapi.js'

/** What the files of a client hold, as far as they could be read. */
export interface ClientFileTexts {
  readonly clientSecretFile?: string | undefined
  readonly clientKeyFile?: string | undefined
  readonly clientAssertionFile?: string | undefined
}

/** What is wrong with the files of a client, by the setting that names them, as the end of "a file that …". */
export function* clientFileFaults(
  { clientSecretFile, clientKeyFile, clientAssertionFile }: ClientFileTexts,
  provider: ProviderDraft,
): Generator<[keyof ClientFileTexts, string]> {
  const secrets = clientSecretFile === undefined ? undefined : parseClientSecrets(clientSecretFile)
  if (secrets !== undefined && 'fault' in secrets) yield ['clientSecretFile', secrets.fault]
  const keys =
    clientKeyFile === undefined
      ? undefined
      : parseClientKeys(
          clientKeyFile,
          provider.clientAssertionAlgorithm,
          clientAlgorithmsOf(provider),
        )
  if (keys !== undefined && 'fault' in keys) yield ['clientKeyFile', keys.fault]
  const assertion =
    clientAssertionFile === undefined ? undefined : parseClientAssertion(clientAssertionFile)
  if (assertion !== undefined && 'fault' in assertion) {
    yield ['clientAssertionFile', assertion.fault]
  }
}
