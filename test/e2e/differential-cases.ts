import * as fc from 'fast-check'
import { parseRequestTarget } from '../../src/access/request-target.js'
import type { Field } from '../helpers/raw-messages.js'

/** A request, and what the application is to answer. */
export interface Case {
  readonly method: string
  readonly target: string
  readonly headers: readonly Field[]
  /** The pieces of the body; none is no body. */
  readonly body: readonly string[]
  readonly isChunked: boolean
  readonly answer: {
    readonly status: number
    readonly reason: string
    readonly headers: readonly Field[]
    readonly body: readonly string[]
    readonly isChunked: boolean
    readonly trailers: readonly Field[]
  }
}

const words = (text: string) => fc.constantFrom(...text.split(' '))

const methods = words(
  'GET GET GET HEAD HEAD POST POST PUT PATCH DELETE OPTIONS PROPFIND PROPPATCH REPORT SEARCH MKCOL PURGE M-SEARCH',
)

const pathPiece = words(
  '/ / // /a /B /. /.. /a.b /%2F /%2e%2e /%c3%a9 /%E9 /;p=1 /a;b /\\ /%5c /%25 /% /%zz /~x /@a:b /a+b /*' +
    " /$&'() /[x] /{x} /|^` /public /x%20y",
)
const queryPiece = words('a=1 & &b=%20 ?x // .. %00 %zz [] {} |^` "<> \\ ; + %C3%A9')
const targets = fc
  .tuple(
    fc.array(pathPiece, { minLength: 1, maxLength: 6 }),
    fc.option(fc.array(queryPiece, { maxLength: 5 })),
  )
  .map(([path, query]) => path.join('') + (query === null ? '' : `?${query.join('')}`))
  .filter((target) => parseRequestTarget({ method: 'GET', target, host: '' }).kind === 'target')

/** What a field value may hold (RFC 9110 §5.5), bytes beyond ASCII included. */
const visible = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x7f)
const value = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: visible.map((code) => String.fromCharCode(code)) },
      fc.constantFrom(' ', '\t', ', ', '; '),
    ),
    { maxLength: 12 },
  )
  .map((characters) => characters.join('').replace(/^[ \t]+|[ \t]+$/g, ''))

/** Few names, so that many appear more than once and in several spellings. */
const anyName = words(
  "X-One x-one X-ONE X-Two X_Two Accept Accept-Language User-Agent user-agent X-Custom.Name x'y~z!*+",
)
const requestName = fc.oneof(
  anyName,
  words('Cookie Referer Range If-None-Match Origin Content-Type Content-Encoding Accept-Encoding'),
)
/** What Valetkey takes out or makes anew. */
const changedOnRequests = words(
  'X-Forwarded-For x-forwarded-host X-Forwarded-Port X_Forwarded_User X-Forwarded-Email Forwarded X-Real-IP' +
    ' X-Original-URL X-Rewrite-URL Proxy-Authorization Keep-Alive TE X-Auth-Request-User X-Listed Client-IP',
)
const responseName = fc.oneof(
  anyName,
  words('Set-Cookie Set-Cookie set-cookie Vary Cache-Control ETag Location WWW-Authenticate Link'),
  words('Content-Type Content-Encoding Content-Range Age Server Via X-Powered-By Retry-After'),
)
const changedOnResponses = words('X-Valetkey-Answer Keep-Alive Proxy-Authenticate X-Listed')

const fields = (name: fc.Arbitrary<string>, changed: fc.Arbitrary<string>) =>
  fc.array(
    fc.tuple(
      fc.oneof({ weight: 6, arbitrary: name }, { weight: 1, arbitrary: changed }),
      fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.constant('trailers') }),
    ),
    { maxLength: 8 },
  )

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\r\n\r\n', '0\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', '\xff\0'),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30_000 }).map((size) => 'x'.repeat(size)) },
)
const body = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.array(piece, { minLength: 1, maxLength: 4 }) },
)

const isListed = fc.boolean().map((listed) => (listed ? [['Connection', 'X-Listed'] as Field] : []))

export const cases: fc.Arbitrary<Case> = fc.record({
  method: methods,
  target: targets,
  headers: fc.tuple(isListed, fields(requestName, changedOnRequests)).map((both) => both.flat()),
  body,
  isChunked: fc.boolean(),
  answer: fc.record({
    status: fc.constantFrom(
      200,
      200,
      200,
      201,
      204,
      206,
      207,
      299,
      301,
      304,
      401,
      404,
      418,
      500,
      599,
    ),
    reason: fc.constantFrom('OK', '', 'Some Words', "It's (fine)!"),
    headers: fc
      .tuple(isListed, fields(responseName, changedOnResponses))
      .map((both) => both.flat()),
    body,
    isChunked: fc.boolean(),
    trailers: fc.array(
      fc.tuple(words('X-Sum x-sum X-Two Server-Timing X-Valetkey-Answer'), value),
      {
        maxLength: 3,
      },
    ),
  }),
})
