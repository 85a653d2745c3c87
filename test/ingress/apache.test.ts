import t from 'tap'
import { browse } from './browse.js'
import { travel } from './journeys.js'
import { certificateFolder, ingressFile, startApache } from './servers.js'
import { startSite } from './site.js'

t.setTimeout(120_000)

t.test('Apache before Valetkey, and nginx behind it', async (t) => {
  const site = await startSite(t, {
    webServer: 'nginx',
    async startIngress(t, { port, valetkey }) {
      const { certificate, key } = await certificateFolder(t)
      const config = await ingressFile('apache.conf', {
        '*:443': `127.0.0.1:${port}`,
        'ServerName app.example.com': 'ServerName localhost',
        '/etc/ssl/app.example.com.pem': certificate,
        '/etc/ssl/app.example.com.key': key,
        '127.0.0.1:4180': valetkey,
      })
      await startApache(t, port, config)
    },
  })
  await t.test('ING-1 ING-2 a person signs in and out with a browser', (t) => browse(t, site))
  await travel(t, site, { withoutValetkey: 503 })
})
