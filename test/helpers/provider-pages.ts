import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Provider } from 'oidc-provider'

/** The pages of the test provider: a login form for whom it does not know, and nothing for consent. */
export async function interact(
  provider: Provider,
  people: ReadonlyMap<string, unknown>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(request, response)
  if (prompt.name === 'consent') {
    return provider.interactionFinished(request, response, { consent: {} })
  }
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(loginPage(''))
    return
  }
  const form = new URLSearchParams(await text(request))
  const login = form.get('login') ?? ''
  if (form.has('deny')) {
    const denied = { error: 'access_denied', error_description: 'the person declined' }
    return provider.interactionFinished(request, response, denied)
  }
  if (!people.has(login)) {
    const sorry = loginPage('<p role="alert">Nobody of that name is known.</p>')
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(sorry)
    return
  }
  const acr = stringOf(params, 'acr_values').split(' ')[0] || essentialAcr(params)
  return provider.interactionFinished(request, response, {
    login: { accountId: login, ...(acr ? { acr } : {}) },
  })
}

/** A parameter of a request that is a text; else the empty text. */
export function stringOf(parameters: Record<string, unknown> | undefined, name: string): string {
  const value = parameters?.[name]
  return typeof value === 'string' ? value : ''
}

/** The first `acr` that the `claims` parameter asks for. */
function essentialAcr(parameters: Record<string, unknown>): string | undefined {
  const claims: { id_token?: { acr?: { values?: string[] } } } = JSON.parse(
    stringOf(parameters, 'claims') || '{}',
  )
  return claims.id_token?.acr?.values?.[0]
}

export function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`
}

function loginPage(message: string): string {
  return page(
    'Test provider',
    `${message}<form method="post" action=""><label>Login <input name="login" autofocus></label>
     <button type="submit">Sign in</button> <button type="submit" name="deny" value="1">Deny</button></form>`,
  )
}

/** Submits itself by script, or has a button. */
export function logoutPage(form: string): string {
  return page(
    'Sign out',
    `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
     <script>document.querySelector('button').click()</script>`,
  )
}
