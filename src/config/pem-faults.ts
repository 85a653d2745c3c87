import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'

/** What files of TLS hold, as far as they could be read. */
export interface PemTexts {
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** What is wrong with certificates and their key, by the setting that names the file. Tells nothing of a key. */
export function* pemFaults({
  caFile,
  certFile,
  keyFile,
}: PemTexts): Generator<[keyof PemTexts, string]> {
  const authority = caFile === undefined ? undefined : attempt(() => new X509Certificate(caFile))
  const certificate =
    certFile === undefined ? undefined : attempt(() => new X509Certificate(certFile))
  const key = keyFile === undefined ? undefined : attempt(() => createPrivateKey(keyFile))
  if (authority === 'malformed') yield ['caFile', 'names a file that holds no certificate in PEM']
  if (certificate === 'malformed') {
    yield ['certFile', 'names a file that holds no certificate in PEM']
  }
  if (key === 'malformed') {
    yield ['keyFile', 'names a file that holds no private key in PEM without a passphrase']
  } else if (certificate instanceof X509Certificate && key && !certificate.checkPrivateKey(key)) {
    yield ['keyFile', 'names a private key that is not that of certFile']
  }
}

function attempt<T extends X509Certificate | KeyObject>(read: () => T): T | 'malformed' {
  try {
    return read()
  } catch {
    return 'malformed'
  }
}
