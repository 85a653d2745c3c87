import { request } from 'undici'

/** What the admin listener must be reached with. */
export interface AdminAddress {
  /** `admin.listen` of the configuration. */
  readonly listen: string
  readonly token?: string | undefined
}

/** Asks the admin listener; rejects with a message for the operator unless it answers with a success. */
export type AdminClient = (method: 'GET' | 'DELETE', path: string) => Promise<unknown>

const timeoutMs = 30_000

export function createAdminClient({ listen, token }: AdminAddress): AdminClient {
  if (token === undefined) {
    throw new Error(
      'admin.tokenFile is missing (or set VALETKEY_ADMIN_TOKEN): the admin listener shows sessions to whoever has the token only',
    )
  }
  const origin = originOf(listen)

  return async function ask(method, path) {
    const response = await request(origin + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    }).catch((error: unknown) => {
      throw new Error(`there is no answer from the admin listener at ${origin}`, { cause: error })
    })
    const text = await response.body.text()
    if (response.statusCode < 300) return text === '' ? undefined : JSON.parse(text)
    throw new Error(`${origin} answered ${response.statusCode}: ${detailOf(text)}`)
  }
}

/** Where a process on this machine listens: an address for all interfaces is none to connect to. */
function originOf(listen: string): string {
  const colon = listen.lastIndexOf(':')
  const port = listen.slice(colon + 1)
  if (Number(port) === 0) throw new Error('admin.listen has port 0, so nobody knows where it is')
  const host = listen.slice(0, colon)
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  return `http://${/^\[[0:]+\]$/.test(host) ? '[::1]' : host}:${port}`
}

function detailOf(text: string): string {
  try {
    const { code, detail }: { code?: unknown; detail?: unknown } = JSON.parse(text)
    return typeof detail === 'string' ? detail : String(code)
  } catch {
    return 'no reason'
  }
}
