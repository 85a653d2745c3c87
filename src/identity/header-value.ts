import { Buffer } from 'node:buffer'

export type Header = readonly [name: string, value: string]

/** A value of more bytes gets no header, because servers limit the size of all headers together. */
export const maxIdentityHeaderBytes = 8 * 1024

/** Whether a header is short enough to be sent. */
export const fits = ([, value]: Header): boolean => value.length <= maxIdentityHeaderBytes

const percentEncode = (text: string) =>
  Buffer.from(text, 'utf8').reduce(
    (encoded, byte) => `${encoded}%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    '',
  )

/**
 * Encodes a text for a header. Characters go as UTF-8. What a header cannot hold unharmed is percent-encoded: control
 * characters, white space at either end, and a percent sign before two hexadecimal digits; nothing else is, so that
 * percent-decoding gives back exactly the text. The result is the Latin-1 view of the bytes, as node:http and undici
 * write them. A lone surrogate is sent as U+FFFD.
 */
export function encodeText(text: string): string {
  if (/^[!-$&-~]+$/.test(text)) return text
  const encoded = text.replaceAll(/%(?=[0-9a-f]{2})|\p{Cc}|^\s+|\s+$/giu, percentEncode)
  return Buffer.from(encoded, 'utf8').toString('latin1')
}

/** Encodes a list for a header, joined by commas; one within an item is percent-encoded. Nothing for an empty list. */
export const encodeList = (items: readonly string[]): string | undefined =>
  items.length === 0
    ? undefined
    : items.map((item) => encodeText(item).replaceAll(',', '%2C')).join()
