import t from 'tap'
import { browse } from './browse.js'
import { travel } from './journeys.js'
import { certificateFolder, ingressFile, startCaddy } from './servers.js'
import { startSite } from './site.js'

t.setTimeout(120_000)

t.test('Caddy with forward_auth before nginx', async (t) => {
  const site = await startSite(t, {
    webServer: 'nginx',
    async startIngress(t, { port, valetkey, application }) {
      const { certificate, key } = await certificateFolder(t)
      const config = await ingressFile('Caddyfile', {
        'app.example.com {': `https://localhost:${port} {\n\tbind 127.0.0.1`,
        '/etc/ssl/app.example.com.pem': certificate,
        '/etc/ssl/app.example.com.key': key,
        '127.0.0.1:4180': valetkey,
        '127.0.0.1:3000': application,
      })
      await startCaddy(t, port, config)
    },
  })
  await t.test('ING-1 ING-2 a person signs in and out with a browser', (t) => browse(t, site))
  await travel(t, site, { withoutValetkey: 502 })
})
