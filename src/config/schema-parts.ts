import { Type } from 'typebox'
import { durationPattern, formatDuration, parseDurationMs } from './duration.js'

/** A length of time as people write it (`30s`, `5m`, `8h`); decodes to milliseconds. */
export const duration = (options: { default?: string; description: string }) =>
  Type.Codec(Type.String({ pattern: durationPattern, ...options }))
    .Decode(parseDurationMs)
    .Encode(formatDuration)

/** A mapping that must be written. */
export const strict = { additionalProperties: false }
/** A mapping that may be left out, because each setting in it may. */
export const filled = { additionalProperties: false, default: {} }
/** Text that is not empty. */
export const text = (description: string) => Type.String({ minLength: 1, description })
