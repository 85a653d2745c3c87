// The demo's provider: a real one (oidc-provider), whose sign-in page asks only who one wants to be.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Provider } from 'oidc-provider'
import { escapeHtml, page, sendPage } from './page.mjs'
import { people } from './people.mjs'

const {
  DEMO_ISSUER: issuer = 'http://127.0.0.1:4181',
  DEMO_PROVIDER_LISTEN: listen = '127.0.0.1:4181',
  DEMO_PUBLIC_URL: publicUrl = 'http://localhost:4180',
  DEMO_CLIENT_SECRET: clientSecret,
} = process.env

if (!clientSecret) throw new Error('DEMO_CLIENT_SECRET is missing')

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'demo',
      client_secret: clientSecret,
      redirect_uris: [`${publicUrl}/oauth2/callback`],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'groups'],
  },
  conformIdTokenClaims: false,
  // Short, so that the refresh can be watched.
  ttl: {
    AccessToken: 60,
    IdToken: 300,
    AuthorizationCode: 60,
    RefreshToken: 86_400,
    Grant: 86_400,
    Session: 86_400,
    Interaction: 3600,
  },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  expiresWithSession: () => false,
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      logoutSource(ctx, form) {
        ctx.body = page('Sign out', signOutBody(form))
      },
      postLogoutSuccessSource(ctx) {
        ctx.body = page('Signed out', `${eyebrow}<h1>You are signed out</h1>`)
      },
    },
  },
  interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
  findAccount(_ctx, login) {
    const person = people.get(login)
    if (!person) return undefined
    const { name, email, groups } = person
    const claims = {
      sub: login,
      name,
      preferred_username: login,
      email,
      email_verified: true,
      groups,
    }
    return { accountId: login, claims: () => claims }
  },
  // Nobody is asked for consent.
  async loadExistingGrant({ oidc }) {
    const { client, session, params } = oidc
    const grant = new oidc.provider.Grant({
      clientId: client.clientId,
      accountId: session.accountId,
    })
    grant.addOIDCScope(params.scope)
    await grant.save()
    return grant
  },
  renderError(ctx, { error, error_description: description }) {
    ctx.type = 'html'
    ctx.body = page(
      'Error',
      `${eyebrow}<h1>That did not work</h1><p>${escapeHtml(error)}: ${escapeHtml(description ?? '')}</p>`,
    )
  },
})

// Where people land after signing out is Valetkey's to choose, within its own address.
provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) =>
  URL.canParse(uri) && new URL(uri).origin === new URL(publicUrl).origin

const eyebrow = '<p class="eyebrow">Demo provider</p>'

const signInBody = `${eyebrow}
<h1>Who are you today?</h1>
<p>A real provider would ask for a password or a passkey. This one takes your word.</p>
<form class="people" method="post" action="">
${[...people.values()]
  .map(
    ({ login, name, groups }) => `<button name="login" value="${login}">
<span class="initial" aria-hidden="true">${name[0]}</span>
<span class="person"><strong>${escapeHtml(name)}</strong><small>${login} · ${groups.join(', ')}</small></span></button>`,
  )
  .join('\n')}
</form>`

const signOutBody = (form) => `${eyebrow}
<h1>Sign out here as well?</h1>
<p>You are signed out of the application. The provider still knows you, so that the next sign-in would need no click.</p>
${form}
<button class="plain" type="submit" form="op.logoutForm" name="logout" value="yes">Yes, sign out</button>
<button class="plain" type="submit" form="op.logoutForm">No, stay</button>`

const signInOverBody = `${eyebrow}
<h1>This sign-in is over</h1>
<p>Start again at <a href="${escapeHtml(publicUrl)}">${escapeHtml(publicUrl)}</a>.</p>`

async function signIn(request, response) {
  const { prompt } = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') return sendPage(response, 200, 'Sign in', signInBody)
  const login = new URLSearchParams(await text(request)).get('login')
  if (!people.has(login)) return sendPage(response, 400, 'Sign in', signInBody)
  const result = prompt.name === 'login' ? { login: { accountId: login } } : { consent: {} }
  return provider.interactionFinished(request, response, result)
}

const handle = provider.callback()

async function answer(request, response) {
  if (!request.url.startsWith('/sign-in/')) return handle(request, response)
  try {
    return await signIn(request, response)
  } catch {
    return sendPage(response, 400, 'Sign in', signInOverBody)
  }
}

const server = createServer((request, response) => void answer(request, response))

const [, host, port] = /^(.+):([0-9]+)$/.exec(listen)
server.listen(Number(port), host, () => process.send?.('ready'))

// Ends with whoever started it.
for (const event of ['disconnect', 'SIGINT', 'SIGTERM']) process.on(event, () => process.exit())
