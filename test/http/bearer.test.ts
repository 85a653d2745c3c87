import { assert, asyncProperty, constantFrom, oneof, string, tuple } from 'fast-check'
import t from 'tap'
import { checkBearer, isRefusal, refusalToStepUp } from '../../src/http/bearer.js'

const route = { audiences: ['api'] }

/** What becomes of these headers, and the token that was taken from them, if one was. */
async function read(...authorizations: string[]) {
  let taken: string | undefined
  const verify = async (token: string) => {
    taken = token
    return { kind: 'refused', reason: 'by the test' } as const
  }
  const result = await checkBearer({ verify }, authorizations, route, 0)
  const code = result && isRefusal(result) ? result.code : undefined
  return { taken, code }
}

t.test(
  'BEAR-1 BEAR-3 whatever the header is, there is one token, none, or a refusal',
  async (t) => {
    const token = string({
      unit: constantFrom(...Array.from('aZ09-._~+/=')),
      minLength: 1,
      maxLength: 30,
    })
    const anything = string({ unit: 'binary-ascii', maxLength: 30 })
    const scheme = constantFrom('Bearer', 'bearer', 'BEARER', 'Bearerx', 'Basic', 'DPoP', '')
    const space = constantFrom(' ', '  ', '\t', '', ',', '=')
    const property = asyncProperty(
      tuple(scheme, space, oneof(token, anything)),
      async ([named, between, rest]) => {
        const header = named + between + rest
        const { taken, code } = await read(header)
        if (taken !== undefined) {
          t.match(header, /^bearer +/i, 'only as a bearer token')
          if (rest.trim() !== taken) t.fail(`${JSON.stringify(rest)} was read as ${taken}`)
          t.equal(code, 'ERR_BEARER_TOKEN')
        } else if (code !== undefined) t.equal(code, 'ERR_BEARER_REQUEST')
        else if (/^bearer$/i.test(named) && between !== '') t.fail(header)
      },
    )
    await assert(property, { numRuns: 500, examples: [[['Bearer', '', ' a']]] })
  },
)

t.test('BEAR-3 two headers are refused, whatever they are', async (t) => {
  for (const headers of [
    ['Basic a', 'Basic b'],
    ['Bearer a', 'Bearer a'],
    ['', 'Bearer a'],
    ['Basic a', 'Bearer a', 'Basic a'],
  ]) {
    t.same(await read(...headers), { taken: undefined, code: 'ERR_BEARER_REQUEST' })
  }
  t.same(await read(), { taken: undefined, code: undefined })
})

t.test('RFC 9470 a challenge says what is missing', async (t) => {
  t.match(refusalToStepUp({ acrValues: ['mfa', 'urn:b'], maxAgeMs: 90_500 }), {
    code: 'ERR_BEARER_AUTHENTICATION',
    challenge: {
      error: 'insufficient_user_authentication',
      acr_values: 'mfa urn:b',
      max_age: '90',
    },
  })
})
