import type { Parsed } from './parsed.js'

/** The token of a file; whether the provider believes it is for the provider to tell. */
export function parseClientAssertion(text: string): Parsed<string> {
  const token = text.trim()
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
    ? { content: token }
    : { fault: 'holds no signed JWT' }
}
