import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createTestKey, forgeToken } from '../helpers/hostile-provider.js'
import { sessionOf, setUpHostile } from './hostile-login.js'

const { privateKey } = createTestKey('cluster', 'ES256')
/** As the token of a service account, which is replaced every hour. */
const tokenOf = (jti: string) =>
  forgeToken({ alg: 'ES256' }, { iss: 'https://cluster.example.com', aud: 'idp', jti }, privateKey)

t.test('E10 the token of the file is the assertion, as the file has it at each use', async (t) => {
  const clientAssertionFile = join(t.testdir(), 'token')
  await writeFile(clientAssertionFile, `${tokenOf('one')}\n`)
  const { provider, party, logIn } = await setUpHostile(t, {
    clientAuthentication: 'federated_assertion',
    clientAssertionFile,
  })
  const session = sessionOf(await logIn())
  const sent = () => {
    const { form, authorization } = provider.calls.findLast(({ path }) => path === '/token') ?? {}
    t.equal(authorization, undefined)
    return Object.fromEntries(form ?? [])
  }
  const expected = {
    client_id: 'app',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  }
  t.match(sent(), { ...expected, client_assertion: tokenOf('one').split('.', 2).join('.') })

  const second = tokenOf('two')
  await writeFile(clientAssertionFile, second)
  t.match(await party.refresh(session, Date.now()), { kind: 'refreshed' })
  t.match(sent(), { ...expected, client_assertion: second })

  await writeFile(clientAssertionFile, second.slice(0, 30))
  t.match(await party.refresh(session, Date.now()), { kind: 'refreshed' })
  t.match(sent(), { client_assertion: second }, 'half a token counts as none')
  t.equal(await party.clientJwks(), undefined)
})
