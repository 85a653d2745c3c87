import { Pool } from 'undici'

/** Sends a request with each `Cookie` header on so many keep-alive connections; throws unless all are served. */
export async function visit(
  url: string,
  cookies: readonly string[],
  connections: number,
): Promise<void> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const left = cookies.values()
  async function visitInTurn() {
    for (const cookie of left) await visitOnce(pool, cookie)
  }
  try {
    await Promise.all(Array.from({ length: connections }, visitInTurn))
  } finally {
    await pool.close()
  }
}

/** Sends one request with a `Cookie` header. */
export async function visitOnce(pool: Pool, cookie: string): Promise<void> {
  const { statusCode, headers, body } = await pool.request({
    method: 'GET',
    path: '/small',
    headers: { cookie },
  })
  await body.dump()
  if (statusCode !== 200) {
    throw new Error(`answered with ${statusCode} ${String(headers['x-valetkey-answer'])}`)
  }
}
