import { type DestinationStream, type Logger, pino } from 'pino'
import { logValue } from './log-values.js'
import { logRequest, logResponse } from './log-http.js'

/**
 * Makes the logger: JSON lines on stdout, with nothing secret in them.
 *
 * Everything that is handed to it passes through one sieve: errors are described by what is known to be
 * harmless, members with a secret's name lose their value, addresses lose their query, and texts lose
 * whatever looks like a token. The sieve is a safety net; callers do not log secrets to begin with.
 */
export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: { pid: process.pid },
      formatters: { level: (level) => ({ level }) },
      // The sieve has served these; without a word here fastify would put in serializers of its own.
      serializers: { req: asIs, res: asIs, err: asIs },
      hooks: {
        logMethod([fields, ...texts], method) {
          Reflect.apply(method, this, [sieve(fields), ...texts.map(logValue)])
        },
      },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  )
}

function sieve(fields: unknown): unknown {
  try {
    if (fields instanceof Error) return { err: logValue(fields) }
    if (typeof fields !== 'object' || fields === null) return logValue(fields)
    const { req, res, ...others } = { req: undefined, res: undefined, ...fields }
    const plain = logValue(others)
    if (typeof plain !== 'object') return { fields: plain }
    return { ...plain, req: logRequest(req), res: logResponse(res) }
  } catch {
    return { fields: '[unreadable]' }
  }
}

function asIs(value: unknown): unknown {
  return value
}
