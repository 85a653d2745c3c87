import { readTexts } from '../config/file-texts.js'
import type { Parsed } from '../config/parsed.js'
import { OidcError } from './errors.js'
import type { Logger } from './logger.js'

/**
 * Reads files anew at each use, so that whoever changes them needs no restart. What cannot be used (a file that is away
 * while it is replaced, or half written) changes nothing and is logged once: what was there before goes on being used.
 *
 * @param options.what what the files are, for the log
 * @param options.parse gets the texts in the order of `files`
 * @returns what reads; it throws OidcError ERR_PROVIDER_CONFIGURATION where nothing good was ever there
 */
export function createFileContent<Content>(options: {
  readonly what: string
  readonly files: readonly string[]
  readonly parse: (texts: readonly string[]) => Parsed<Content>
  readonly logger: Logger
}): () => Promise<Content> {
  const { what, files, parse, logger } = options
  let good: { readonly texts: readonly string[]; readonly content: Content } | undefined
  let reported: string | undefined

  return async () => {
    const read = await readTexts(files)
    if ('content' in read && good !== undefined && isSame(read.content, good.texts)) {
      reported = undefined
      return good.content
    }
    const parsed = 'content' in read ? parse(read.content) : read
    if ('content' in read && 'content' in parsed) {
      if (good !== undefined) logger.info({ files }, `${what} replaced`)
      good = { texts: read.content, content: parsed.content }
      reported = undefined
      return parsed.content
    }
    const fault = 'fault' in parsed ? parsed.fault : ''
    if (good === undefined) {
      const message = `the ${what} cannot be used: ${files.join(', ')} ${fault}`
      throw new OidcError('ERR_PROVIDER_CONFIGURATION', message)
    }
    if (fault !== reported) logger.warn({ files, reason: fault }, `${what} kept as it was`)
    reported = fault
    return good.content
  }
}

const isSame = (left: readonly string[], right: readonly string[]) =>
  left.every((text, index) => text === right[index])
