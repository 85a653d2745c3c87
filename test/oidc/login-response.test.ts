import t from 'tap'
import { setUpHostile } from './hostile-login.js'

type Bend = (parameters: URLSearchParams, issuer: string) => void

/** Each of these is refused before anything is sent to the token endpoint. */
const refused: { title: string; code: string; bend: Bend; sendsIssuer?: boolean }[] = [
  {
    title: 'CORE-3 rejects a foreign state',
    code: 'ERR_CALLBACK_STATE_MISMATCH',
    bend: (parameters) => parameters.set('state', 'foreign'),
  },
  {
    title: 'CORE-3 rejects a missing state',
    code: 'ERR_CALLBACK_STATE_MISMATCH',
    bend: (parameters) => parameters.delete('state'),
  },
  {
    title: 'CORE-3 rejects a state that only begins like ours',
    code: 'ERR_CALLBACK_STATE_MISMATCH',
    bend: (parameters) => parameters.set('state', (parameters.get('state') ?? '').slice(0, -1)),
  },
  {
    title: 'CORE-3 rejects a response without a code',
    code: 'ERR_CALLBACK_PARAMETERS',
    bend: (parameters) => parameters.delete('code'),
  },
  {
    title: 'CORE-3 rejects an empty code',
    code: 'ERR_CALLBACK_PARAMETERS',
    bend: (parameters) => parameters.set('code', ''),
  },
  ...['response', 'id_token', 'access_token'].map((name) => ({
    title: `BCP-5 rejects a response with ${name}, which was not asked for`,
    code: 'ERR_CALLBACK_PARAMETERS',
    bend: (parameters: URLSearchParams) => parameters.set(name, 'x'),
  })),
  ...['state', 'code', 'iss', 'error'].map((name) => ({
    title: `B16-1 rejects a response with ${name} twice`,
    code: 'ERR_CALLBACK_PARAMETERS',
    bend: (parameters: URLSearchParams) => {
      parameters.append(name, parameters.get(name) ?? 'x')
      if (parameters.getAll(name).length === 1) parameters.append(name, 'x')
    },
  })),
  {
    title: 'CORE-2 tells a denied login',
    code: 'ERR_CALLBACK_DENIED',
    bend: (parameters) => parameters.set('error', 'access_denied'),
  },
  {
    title: 'CORE-2 tells any other error',
    code: 'ERR_CALLBACK_ERROR',
    bend: (parameters) => parameters.set('error', 'server_error'),
  },
  {
    title: 'CORE-2 checks the state before it tells an error',
    code: 'ERR_CALLBACK_STATE_MISMATCH',
    bend(parameters) {
      parameters.set('error', 'access_denied')
      parameters.set('state', 'foreign')
    },
  },
  {
    title: 'ISS-1 rejects a missing iss when the provider announces it',
    code: 'ERR_CALLBACK_ISSUER_MISMATCH',
    sendsIssuer: true,
    bend: () => {},
  },
  {
    title: 'ISS-1 rejects a missing iss in an error response too',
    code: 'ERR_CALLBACK_ISSUER_MISMATCH',
    sendsIssuer: true,
    bend: (parameters) => parameters.set('error', 'access_denied'),
  },
  {
    title: 'ISS-2 rejects another iss',
    code: 'ERR_CALLBACK_ISSUER_MISMATCH',
    sendsIssuer: true,
    bend: (parameters) => parameters.set('iss', 'https://attacker.example.com'),
  },
  {
    title: 'ISS-2 rejects an iss that differs by a trailing slash',
    code: 'ERR_CALLBACK_ISSUER_MISMATCH',
    sendsIssuer: true,
    bend: (parameters, issuer) => parameters.set('iss', `${issuer}/`),
  },
  {
    title: 'ISS-2 rejects another iss in an error response',
    code: 'ERR_CALLBACK_ISSUER_MISMATCH',
    bend(parameters) {
      parameters.set('error', 'access_denied')
      parameters.set('iss', 'https://attacker.example.com')
    },
  },
  {
    title: 'ISS-3 rejects another iss although the provider announces none',
    code: 'ERR_CALLBACK_ISSUER_MISMATCH',
    bend: (parameters) => parameters.set('iss', 'https://attacker.example.com'),
  },
  {
    title: 'ISS-3 rejects an empty iss',
    code: 'ERR_CALLBACK_ISSUER_MISMATCH',
    bend: (parameters) => parameters.set('iss', ''),
  },
]

for (const { title, code, bend, sendsIssuer = false } of refused) {
  t.test(title, async (t) => {
    const { provider, party, begin } = await setUpHostile(t)
    provider.metadata['authorization_response_iss_parameter_supported'] = sendsIssuer
    const login = await begin()
    bend(login.parameters, provider.issuer)
    await t.rejects(party.finishLogin(login), { code })
    t.equal(provider.callsTo('/token'), 0, 'no token request')
  })
}

t.test('ISS-1 ISS-3 accepts the right iss, announced or not', async (t) => {
  for (const announced of [true, false]) {
    const { provider, party, begin } = await setUpHostile(t)
    provider.metadata['authorization_response_iss_parameter_supported'] = announced
    const login = await begin()
    login.parameters.set('iss', provider.issuer)
    t.match(await party.finishLogin(login), { identity: { sub: 'alice' } })
  }
})

t.test('CORE-2 keeps the error code as data, and only if it is one', async (t) => {
  const { party, begin } = await setUpHostile(t)
  for (const [error, providerError] of [
    ['server_error', 'server_error'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['two words', undefined],
    ['line\nbreak', undefined],
    ['x'.repeat(65), undefined],
  ]) {
    const login = await begin()
    login.parameters.set('error', error ?? '')
    login.parameters.set('error_description', 'secret <b>text</b>')
    const failure = await party.finishLogin(login).catch((thrown: unknown) => thrown)
    t.match(failure, { code: 'ERR_CALLBACK_ERROR' })
    t.equal(Reflect.get(Object(failure), 'providerError'), providerError)
    t.notMatch(String(failure), /secret/)
  }
})

t.test('CORE-3 rejects the response to a login at another provider', async (t) => {
  const one = await setUpHostile(t, { id: 'one' })
  const two = await setUpHostile(t, { id: 'two' })
  const login = await one.begin()
  await t.rejects(two.party.finishLogin(login), { code: 'ERR_CALLBACK_STATE_MISMATCH' })
  t.equal(two.provider.callsTo('/token'), 0)
})

t.test('unknown parameters of the response are ignored', async (t) => {
  const { party, begin } = await setUpHostile(t)
  const login = await begin()
  login.parameters.set('session_state', 'x')
  login.parameters.append('hd', 'example.com')
  t.match(await party.finishLogin(login), { identity: { sub: 'alice' } })
})

t.test(
  'PKCE-2 BCP-4 the verifier of this login goes with the code, to the same redirect URI',
  async (t) => {
    const { provider, party, begin } = await setUpHostile(t)
    const login = await begin()
    await party.finishLogin(login)
    const sent = provider.calls.find(({ path }) => path === '/token')?.form
    t.same(Object.fromEntries(sent ?? []), {
      grant_type: 'authorization_code',
      code: login.parameters.get('code'),
      redirect_uri: login.redirectUri,
      code_verifier: login.transaction.codeVerifier,
    })
  },
)

t.test('PKCE-3 sends S256 whatever the metadata says of PKCE', async (t) => {
  for (const methods of [undefined, [], ['plain']]) {
    const { provider, begin } = await setUpHostile(t)
    provider.metadata['code_challenge_methods_supported'] = methods
    const { url } = await begin()
    t.equal(new URL(url).searchParams.get('code_challenge_method'), 'S256')
    t.match(new URL(url).searchParams.get('code_challenge'), /^[\w-]{43}$/)
  }
})
