import { domainToASCII } from 'node:url'

export interface Email {
  /** Comparable: in lower case, the domain as ASCII. */
  readonly address: string
  /** The domain, comparable. */
  readonly domain: string
}

const lowerAscii = (text: string) => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** Reads an address for comparison; undefined for what is none. */
export function parseEmail(value: string | undefined): Email | undefined {
  if (value === undefined || /[\s\p{Cc}]/u.test(value)) return undefined
  const at = value.lastIndexOf('@')
  const domain = canonicalDomain(value.slice(at + 1))
  if (at < 1 || domain === undefined) return undefined
  return { address: `${lowerAscii(value.slice(0, at))}@${domain}`, domain }
}

/**
 * A domain as it is compared: in lower case, internationalized labels as `xn--…` (RFC 5891).
 *
 * Answers undefined for what is no domain, and for letters that only look like ASCII: `ｅxample.com` maps to
 * `example.com`, but who has verified an address there said nothing about example.com.
 */
export function canonicalDomain(domain: string): string | undefined {
  if (/^[a-z0-9._-]+$/i.test(domain)) return domain.toLowerCase()
  if (/[\0-\x7f]/.test(domain.replaceAll(/[a-z0-9.-]/gi, ''))) return undefined
  const ascii = domainToASCII(domain)
  return ascii.split('.').some((label) => label.startsWith('xn--')) ? ascii : undefined
}
