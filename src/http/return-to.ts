import type { FastifyBaseLogger } from 'fastify'
import { readReturnTo, type ReturnToOptions } from '../access/return-to.js'

/** A safe return-to, from whatever was sent; undefined for anything that leads elsewhere. */
export type ParseReturnTo = (
  value: string | undefined,
  asker: { readonly log: Pick<FastifyBaseLogger, 'info'> },
) => string | undefined

/** Of Valetkey's own addresses `ownPage` alone is a place to return to. */
export function createParseReturnTo(options: ReturnToOptions, ownPage: string): ParseReturnTo {
  return function parseReturnTo(value, asker) {
    if (value === ownPage) return value
    const { returnTo, isCut } = readReturnTo(value, options)
    if (isCut) noteCut(asker, value, returnTo)
    return returnTo
  }
}

/** Says in the log that somebody will not get back to all of where they were. */
export function noteCut(
  { log }: Parameters<ParseReturnTo>[1],
  asked: string | undefined,
  kept: string | undefined,
): void {
  const facts = { length: asked?.length ?? 0, kept: kept?.length ?? 0 }
  log.info({ reason: 'return_to_too_long', ...facts }, 'return-to cut')
}
