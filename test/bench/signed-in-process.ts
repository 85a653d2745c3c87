import { freePort } from '../helpers/free-port.js'
import { type TestProvider, startProvider } from '../helpers/provider.js'
import { signIn } from '../helpers/stack.js'
import { startValetkey } from '../helpers/valetkey.js'

/** The image's bundle in front of an application, with somebody signed in. */
export interface SignedInProcess {
  readonly pid: number
  readonly port: number
  /** The Cookie header of the session. */
  readonly cookie: string
  stop(): Promise<void>
}

let provider: TestProvider | undefined

/** All of them share one provider; `stopProvider()` last. */
export async function startSignedIn(upstreamUrl: string): Promise<SignedInProcess> {
  provider ??= await startProvider()
  const { issuer, clientId, clientSecret, redirectUris } = provider
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  redirectUris.add(`${publicUrl}/oauth2/callback`)
  const valetkey = await startValetkey({
    script: 'dist/bundle/valetkey.mjs',
    publicUrl,
    port,
    config: {
      providers: [{ id: 'corp', issuer, clientId, clientSecret }],
      routes: [{ match: { path: '/' }, upstream: upstreamUrl }],
      log: { level: 'info' },
    },
  })
  process.once('exit', () => valetkey.child.kill('SIGKILL'))
  await valetkey.ready()
  const { client } = await signIn({ publicUrl }, 'alice')
  return {
    pid: valetkey.child.pid ?? 0,
    port,
    cookie: client.cookieFor(publicUrl),
    stop: () => valetkey.kill(),
  }
}

export async function stopProvider(): Promise<void> {
  await provider?.stop()
  provider = undefined
}
