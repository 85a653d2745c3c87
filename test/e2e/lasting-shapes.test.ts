import { createInterface } from 'node:readline'
import t from 'tap'
import { request } from 'undici'
import { startValetkey } from '../helpers/valetkey.js'

const reporter = new URL('../helpers/report-shapes.js', import.meta.url).pathname

t.test(
  'requests keep their layout when garbage is collected between the first of them',
  async (t) => {
    const valetkey = await startValetkey({
      nodeOptions: ['--expose-gc', '--allow-natives-syntax', `--import=${reporter}`],
      config: {
        providers: [{ issuer: 'http://127.0.0.1:9', clientId: 'app', clientSecret: 'secret' }],
        routes: [{ upstream: 'http://127.0.0.1:9' }],
        log: { level: 'info' },
      },
    })
    t.teardown(() => valetkey.kill())
    const { stdout } = valetkey.child
    if (!stdout) throw new Error('its output is not read')
    const lines = createInterface({ input: stdout })
    for (let asked = 0; asked < 12; asked++) {
      const reported = new Promise<string>((resolve) => {
        const look = (line: string) => {
          if (!line.startsWith('fast: ')) return
          lines.off('line', look)
          resolve(line)
        }
        lines.on('line', look)
      })
      const { statusCode, body } = await request(valetkey.url)
      await body.dump()
      t.equal(statusCode, 401)
      t.equal(await reported, 'fast: true true', `request ${asked + 1}`)
    }
  },
)
