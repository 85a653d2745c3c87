import t from 'tap'
import { browse } from './browse.js'
import { travel } from './journeys.js'
import { certificateFolder, ingressFile, startHaproxy } from './servers.js'
import { startSite } from './site.js'

t.setTimeout(120_000)

t.test('HAProxy before Valetkey, and nginx behind it', async (t) => {
  const site = await startSite(t, {
    webServer: 'nginx',
    async startIngress(t, { port, valetkey, admin }) {
      const { both } = await certificateFolder(t)
      const config = await ingressFile('haproxy.cfg', {
        'bind :443': `bind 127.0.0.1:${port}`,
        '/etc/haproxy/app.example.com.pem': both,
        '127.0.0.1:4180': valetkey,
        'port 44180': `port ${new URL(`http://${admin}`).port}`,
      })
      await startHaproxy(t, port, config)
    },
  })
  await t.test('ING-1 ING-2 a person signs in and out with a browser', (t) => browse(t, site))
  await travel(t, site, { withoutValetkey: 503 })
})
