import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** What is wrong with a certificate and its key, both PEM; undefined if a server can use them. */
export function certificateFault(pair: {
  readonly cert: string
  readonly key: string
}): string | undefined {
  try {
    createSecureContext(pair)
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
      ? 'does not fit the key in keyFile'
      : `is no certificate with its key, both PEM (${code || 'unreadable'})`
  }
}

/** What an operator wants to know of a good certificate. */
export function certificateSummary({ cert }: { readonly cert: string }): {
  readonly names: string
  readonly expires: string
} {
  const { subjectAltName = '', subject, validTo } = new X509Certificate(cert)
  return { names: subjectAltName || subject, expires: new Date(validTo).toISOString() }
}
