import t from 'tap'
import { createCallbackPaths } from '../../src/app/callback-paths.js'
import { createPaths } from '../../src/http/paths.js'
import { loadText } from '../helpers/config-fixtures.js'

const pathsOf = (...providers: { plainCallback?: boolean }[]) => {
  const config = loadText(
    JSON.stringify({
      publicUrl: 'https://app.example.com',
      providers: providers.map((settings, index) => ({
        id: `p${index}`,
        issuer: 'https://idp.example.com',
        clientId: 'app',
        clientAuthentication: 'none',
        plainCallback: settings.plainCallback ?? false,
      })),
      routes: [{ upstream: 'http://127.0.0.1:3000' }],
    }),
  )
  const callbackPathOf = createCallbackPaths(config, createPaths(config.basePath))
  return config.providers.map(({ id }) => callbackPathOf(id))
}

t.test('BCP-3 no two of several providers share a redirect URI', async (t) => {
  t.same(pathsOf({}), ['/oauth2/callback'])
  t.same(pathsOf({}, {}), ['/oauth2/callback/p0', '/oauth2/callback/p1'])
  t.same(pathsOf({}, { plainCallback: true }), ['/oauth2/callback/p0', '/oauth2/callback'])
})
