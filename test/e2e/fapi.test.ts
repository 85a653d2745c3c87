import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { createDpopVerifier } from '../helpers/dpop-verifier.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

/** A resource server that accepts nothing but a proven token, with the nonce that it gave last. */
async function startGuardedApi() {
  const verifier = createDpopVerifier()
  const accepted: { readonly accessToken: string; readonly thumbprint: string }[] = []
  const faults: string[] = []
  let nonce = randomUUID()

  const api = await startUpstream((request, response) => {
    const refuse = (error: string) => {
      response.setHeader('dpop-nonce', nonce)
      response.setHeader('www-authenticate', `dpop error="${error}", algs="ES256"`)
      response.writeHead(401).end()
    }
    judge(request).then(
      (accessToken) => response.end(accessToken),
      (error: unknown) => {
        const reason = String(error)
        if (reason.includes('nonce is')) {
          refuse('use_dpop_nonce')
          return
        }
        faults.push(reason)
        refuse('invalid_dpop_proof')
      },
    )
  })

  async function judge({ method = '', url = '', headers }: IncomingMessage): Promise<string> {
    const accessToken = /^DPoP (\S+)$/.exec(headers.authorization ?? '')?.[1]
    if (accessToken === undefined) throw new Error(`no DPoP: ${headers.authorization}`)
    const uri = api.url + (url.split('?', 1)[0] ?? '')
    const proven = { method, uri, accessToken, nonce }
    accepted.push({ accessToken, thumbprint: await verifier.verify(headers['dpop'], proven) })
    return accessToken
  }

  const renewNonce = () => {
    nonce = randomUUID()
  }
  return { api, accepted, faults, renewNonce }
}

t.test('FAPI-1 to FAPI-7 DPOP-1 to DPOP-7 from login to upstream, by two replicas', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const clientKeyFile = join(t.testdir(), 'client-key')
  const named = { kid: 'client-key', use: 'sig', alg: 'ES256' }
  await writeFile(
    clientKeyFile,
    JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...named }),
  )
  const { api, accepted, faults, renewNonce } = await startGuardedApi()
  t.teardown(() => api.close())
  const stack = await startStack(t, {
    redis,
    provider: {
      fapi: true,
      dpop: 'nonces',
      pushedRequests: 'required',
      accessTokenTtlSeconds: 2,
      thinIdToken: true,
      client: {
        client_secret: undefined,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [{ kty: 'EC', ...publicKey.export({ format: 'jwk' }), ...named }] },
        id_token_signed_response_alg: 'ES256',
        dpop_bound_access_tokens: true,
      },
    },
    providerConfig: { profile: 'fapi2', clientSecret: undefined, clientKeyFile },
    config: { routes: [{ upstream: api.url }] },
  })
  const { provider, publicUrl } = stack
  const replica = await stack.startReplica()
  const { client } = await signIn(stack, 'alice', { path: '/hello?a=b' })
  const cookie = client.cookieFor(publicUrl)
  const both = [publicUrl, replica.url]
  const browser = createJarFetch()
  async function ask(index: number): Promise<string> {
    const response = await browser(`${both[index % 2]}/api/${index}?x=1`, { headers: { cookie } })
    if (response.status !== 200) throw new Error(`${response.status}: ${faults.join()}`)
    return response.text()
  }

  const first = await ask(0)
  const bound = await provider.keyThumbprintOf(first)
  renewNonce()
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)))
  t.equal(answers.length, 20, 'through both of them, with a new nonce')

  let latest = first
  for (let index = 0; latest === first; index++) latest = await ask(index)
  await Promise.all([ask(0), ask(1)])
  const refreshes = provider.tokenRequests.filter(({ grantType }) => grantType === 'refresh_token')
  t.ok(refreshes.length >= 1)
  t.ok(provider.requests.includes('POST /request'), 'the request was pushed')
  t.same(faults, [], 'each proof was good, and was used once')
  t.equal(new Set(accepted.map(({ thumbprint }) => thumbprint)).size, 1, 'one key for all')
  if (bound !== undefined) t.equal(accepted[0]?.thumbprint, bound, 'that of the token')

  const logs = [...stack.valetkey.log, ...replica.log].join('\n')
  const stored = await dump(redis)
  for (const proof of api.requests.map(({ headers }) => String(headers['dpop']))) {
    t.notOk(logs.includes(proof))
  }
  t.notMatch(stored, /"crv"|dpopKey/, 'the key is nowhere in the clear')
})

async function dump(redis: Awaited<ReturnType<typeof startRedis>>): Promise<string> {
  const client = redis.client()
  const keys = await client.keys('*')
  const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)))
  return values.join('\n')
}

t.test('DPOP-5 a token that is bound is told to no ingress', async (t) => {
  const stack = await startStack(t, {
    provider: { dpop: 'plain' },
    providerConfig: { dpop: 'required' },
    config: { trustedProxies: ['127.0.0.1'] },
  })
  const { client } = await signIn(stack, 'alice')
  const response = await client(`${stack.publicUrl}/oauth2/auth`, {
    headers: { 'x-original-url': `${stack.publicUrl}/`, 'x-original-method': 'GET' },
  })
  t.equal(response.status, 202)
  t.equal(response.headers.get('x-auth-request-user'), 'alice')
  t.equal(response.headers.get('authorization'), null)
})
