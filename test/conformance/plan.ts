import type { Test } from 'tap'
import { startHostileProvider, type HostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { startProduct, type Begun, type Product, type Seen, type Trusted } from './product.js'

/** What a module has to look at when its login is over. */
export interface Run {
  readonly product: Product
  readonly trusted: Trusted
  readonly provider: HostileProvider
  readonly client: JarFetch
  readonly begun: Begun
  readonly seen: Seen
}

/** A module of the OpenID conformance suite: a provider that is right, or wrong in exactly one way. */
export interface Module {
  /** Its name in the suite. */
  readonly name: string
  readonly settings?: Record<string, unknown>
  readonly bend?: (provider: HostileProvider) => void
  /** Bends the authorization response, so that the tokens must not even be asked for. */
  readonly answer?: (parameters: URLSearchParams, provider: HostileProvider) => void
  /** The exact reason for which the login must be refused; without one it must succeed. */
  readonly code?: string
  readonly check?: (t: Test, run: Run) => Promise<void> | void
}

/** Runs the modules of a plan, each with a login at a provider of its own, which one product trusts. */
export async function runPlan(
  t: Test,
  modules: readonly Module[],
  settings: Record<string, unknown> = {},
  options: Parameters<typeof startProduct>[2] & {
    /** What the providers of the plan have in common. */
    readonly prepare?: (provider: HostileProvider) => void
    /** Whether they send `iss`. */
    readonly sendsIssuer?: boolean
  } = {},
): Promise<void> {
  const parties = await Promise.all(
    modules.map(async ({ bend, settings: own }, index) => {
      const provider = await startHostileProvider()
      t.teardown(() => provider.stop())
      options.prepare?.(provider)
      bend?.(provider)
      return { id: `module-${index}`, provider, settings: { ...settings, ...own } }
    }),
  )
  const product = await startProduct(t, parties, options)
  for (const [index, module] of modules.entries()) {
    const trusted = parties[index]
    if (trusted !== undefined)
      t.test(module.name, (t) =>
        runModule(t, module, product, trusted, options.sendsIssuer === true),
      )
  }
}

async function runModule(
  t: Test,
  { answer: bendAnswer, code, check }: Module,
  product: Product,
  trusted: Trusted,
  sendsIssuer: boolean,
): Promise<void> {
  const { provider } = trusted
  const client = createJarFetch()
  const begun = await product.begin(client, trusted)
  let seen: Seen = begun
  if (begun.authorization !== undefined) {
    const answer = provider.authorize(begun.authorization)
    if (sendsIssuer) answer.set('iss', provider.issuer)
    bendAnswer?.(answer, provider)
    const isForm = new URL(begun.authorization).searchParams.get('response_mode') === 'form_post'
    seen = await product.finish(client, begun, answer, isForm ? 'form_post' : 'query')
  }
  if (code === undefined) t.equal(seen.answer, 'LOGIN_FINISHED')
  else {
    t.equal(seen.code, code)
    t.equal((await product.visit(client, '/')).answer, 'LOGIN_REQUIRED', 'nobody is signed in')
    if (!code.includes('USERINFO'))
      t.equal(provider.callsTo('/userinfo'), 0, 'nothing more is asked')
  }
  if (bendAnswer !== undefined) t.equal(provider.callsTo('/token'), 0, 'no tokens are asked for')
  await check?.(t, { product, trusted, provider, client, begun, seen })
}
