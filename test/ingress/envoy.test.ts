import t from 'tap'
import { freePort } from '../helpers/free-port.js'
import { travel } from './journeys.js'
import { certificateFolder, ingressFile, startEnvoy } from './servers.js'
import { startSite } from './site.js'

t.setTimeout(120_000)

const portOf = (host: string) => new URL(`http://${host}`).port

const envoy = process.env['VALETKEY_TEST_ENVOY']

if (envoy === undefined) t.pass('without an Envoy in VALETKEY_TEST_ENVOY there is nothing to run')
else {
  for (const [way, file] of [
    ['HTTP', 'envoy.yaml'],
    ['gRPC', 'envoy-grpc.yaml'],
  ] as const) {
    t.test(`Envoy with ext_authz over ${way} before nginx`, async (t) => {
      const checks = `127.0.0.1:${await freePort()}`
      const site = await startSite(t, {
        webServer: 'nginx',
        config: { extAuthz: { listen: checks } },
        async startIngress(t, { port, valetkey, application }) {
          const { certificate, key } = await certificateFolder(t)
          const config = await ingressFile(file, {
            'address: 0.0.0.0, port_value: 443': `address: 127.0.0.1, port_value: ${port}`,
            '/etc/ssl/app.example.com.pem': certificate,
            '/etc/ssl/app.example.com.key': key,
            'port_value: 4180': `port_value: ${portOf(valetkey)}`,
            'port_value: 3000': `port_value: ${portOf(application)}`,
            ...(way === 'HTTP'
              ? { 'http://127.0.0.1:4180': `http://${valetkey}` }
              : { 'port_value: 9001': `port_value: ${portOf(checks)}` }),
          })
          await startEnvoy(t, envoy, port, config)
        },
      })
      await travel(t, site, { withoutValetkey: 503 })
    })
  }
}
