import { Agent, request } from 'undici'
import t from 'tap'
import { startValetkey } from '../helpers/valetkey.js'

t.test('once a client has connected, V8 no longer compiles with Maglev', async (t) => {
  const valetkey = await startValetkey({
    nodeOptions: ['--trace-opt'],
    config: {
      providers: [{ issuer: 'http://127.0.0.1:9', clientId: 'app', clientSecret: 'secret' }],
      routes: [{ upstream: 'http://127.0.0.1:9' }],
      log: { level: 'info' },
    },
  })
  t.teardown(() => valetkey.kill())
  const dispatcher = new Agent({ connections: 1 })
  t.teardown(() => dispatcher.destroy())
  const ask = async () => {
    const { statusCode, body } = await request(valetkey.url, { dispatcher })
    await body.dump()
    return statusCode
  }
  t.equal(await ask(), 401)
  const atFirst = valetkey.log.length
  const begun = () =>
    valetkey.log.slice(atFirst).filter((line) => line.startsWith('[compiling method'))
  for (let asked = 0; asked < 20_000 && begun().length < 20; asked++) await ask()
  t.ok(begun().length >= 20, 'enough is compiled to tell')
  t.notOk(begun().some((line) => line.includes('MAGLEV')))
})
