import t from 'tap'
import { travel } from './journeys.js'
import { certificateFolder, ingressFile, startEnvoy } from './servers.js'
import { startSite } from './site.js'

t.setTimeout(120_000)

const portOf = (host: string) => new URL(`http://${host}`).port

const envoy = process.env['VALETKEY_TEST_ENVOY']

if (envoy === undefined) t.pass('without an Envoy in VALETKEY_TEST_ENVOY there is nothing to run')
else {
  t.test('Envoy with ext_authz over HTTP before nginx', async (t) => {
    const site = await startSite(t, {
      webServer: 'nginx',
      async startIngress(t, { port, valetkey, application }) {
        const { certificate, key } = await certificateFolder(t)
        const config = await ingressFile('envoy.yaml', {
          'address: 0.0.0.0, port_value: 443': `address: 127.0.0.1, port_value: ${port}`,
          '/etc/ssl/app.example.com.pem': certificate,
          '/etc/ssl/app.example.com.key': key,
          'http://127.0.0.1:4180': `http://${valetkey}`,
          'port_value: 4180': `port_value: ${portOf(valetkey)}`,
          'port_value: 3000': `port_value: ${portOf(application)}`,
        })
        await startEnvoy(t, envoy, port, config)
      },
    })
    await travel(t, site, { withoutValetkey: 503 })
  })
}
