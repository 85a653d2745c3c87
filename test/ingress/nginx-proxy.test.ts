import t from 'tap'
import { browse } from './browse.js'
import { travel } from './journeys.js'
import { certificateFolder, ingressFile, startNginx } from './servers.js'
import { startSite } from './site.js'

t.setTimeout(120_000)

t.test('nginx before Valetkey, and Apache behind it', async (t) => {
  const site = await startSite(t, {
    webServer: 'apache',
    async startIngress(t, { port, valetkey }) {
      const { certificate, key } = await certificateFolder(t)
      const config = await ingressFile('nginx-proxy.conf', {
        'listen 443 ': `listen 127.0.0.1:${port} `,
        'server_name app.example.com': 'server_name localhost',
        '/etc/ssl/app.example.com.pem': certificate,
        '/etc/ssl/app.example.com.key': key,
        '127.0.0.1:4180': valetkey,
      })
      await startNginx(t, port, config)
    },
  })
  await t.test('ING-1 ING-2 a person signs in and out with a browser', (t) => browse(t, site))
  await travel(t, site, { withoutValetkey: 502 })
})
