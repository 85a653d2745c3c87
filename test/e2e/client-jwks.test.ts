import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { freePort } from '../helpers/free-port.js'
import { startProvider } from '../helpers/provider.js'
import { signIn } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

const pemOf = () =>
  String(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }),
  )

interface Jwks {
  readonly keys: readonly Record<string, unknown>[]
}

const getJwks = async (url: string): Promise<Jwks> => {
  const body: unknown = await (await fetch(url)).json()
  return { keys: Array.from<Record<string, unknown>>(Reflect.get(Object(body), 'keys')) }
}

t.test('PKJ-3 a provider fetches the keys of its client from Valetkey', async (t) => {
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const provider = await startProvider({
    redirectUris: [`${publicUrl}/oauth2/callback`],
    client: {
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: `http://127.0.0.1:${port}/oauth2/client-jwks`,
    },
  })
  t.teardown(() => provider.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const clientKeyFile = join(t.testdir(), 'client-key.pem')
  await writeFile(clientKeyFile, pemOf())
  await startAppInProcess(t, {
    publicUrl,
    listen: `127.0.0.1:${port}`,
    providers: [
      {
        issuer: provider.issuer,
        clientId: provider.clientId,
        clientAuthentication: 'private_key_jwt',
        clientKeyFile,
      },
    ],
    routes: [{ upstream: upstream.url, forward: { assertion: { audience: 'app' } } }],
  })

  const { landed } = await signIn({ publicUrl }, 'alice')
  t.equal(landed, `${publicUrl}/`)

  const answer = await fetch(`${publicUrl}/oauth2/client-jwks`)
  t.match(answer.headers.get('content-type'), 'application/jwk-set+json')
  t.equal(answer.headers.get('cache-control'), 'public, max-age=300')
  const { keys } = await getJwks(`${publicUrl}/oauth2/client-jwks`)
  t.match(keys, [{ kty: 'EC', use: 'sig', alg: 'ES256', kid: String }])
  t.same(Object.keys(keys[0] ?? {}).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  const assertionKeys = await getJwks(`${publicUrl}/oauth2/jwks`)
  t.notOk(assertionKeys.keys.some(({ kid }) => kid === keys[0]?.['kid']))
})

t.test('the keys of each provider are told apart, and a client without has none', async (t) => {
  const folder = t.testdir()
  const settings = await Promise.all(
    ['one', 'two'].map(async (id) => {
      const clientKeyFile = join(folder, id)
      await writeFile(clientKeyFile, pemOf())
      const clientAuthentication = 'private_key_jwt'
      return { id, issuer: 'http://127.0.0.1:9', clientId: id, clientAuthentication, clientKeyFile }
    }),
  )
  const { clientKeyFile: _, ...keyless } = {
    ...settings[0],
    id: 'none',
    clientAuthentication: 'none',
  }
  const { url } = await startAppInProcess(t, {
    providers: [...settings, keyless],
    routes: [{ upstream: 'http://127.0.0.1:9' }],
  })
  const jwksUrl = `${url}/oauth2/client-jwks`
  const one = await getJwks(`${jwksUrl}?provider=one`)
  const two = await getJwks(`${jwksUrl}?provider=two`)
  t.equal(one.keys.length, 1)
  t.equal(two.keys.length, 1)
  t.notSame(one, two)
  for (const query of ['', '?provider=none', '?provider=three', '?provider=']) {
    const { status } = await fetch(jwksUrl + query)
    t.equal(status, 404, query)
  }
})
