// A double of a provider that is as fast as providers of many people are, which a real one on this machine is not:
// it hands out new tokens for any refresh token, after a delay and with next to no work. `/calls` tells how many.
// Arguments: the port to listen on, and the delay in milliseconds.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'

const [port, delayMs] = process.argv.slice(2).map(Number)
const issuer = `http://127.0.0.1:${port}`
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key', alg: 'ES256', use: 'sig' }
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  id_token_signing_alg_values_supported: ['ES256'],
}
const likeJwt = 'x'.repeat(800)
let calls = 0

function answerTo(path: string | undefined): object {
  if (path === '/jwks') return { keys: [jwk] }
  if (path === '/calls') return { calls }
  if (path !== '/token') return metadata
  calls += 1
  return {
    access_token: `access-${calls}-${likeJwt}`,
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: `refresh-${calls}-${likeJwt}`,
  }
}

createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  const answer = JSON.stringify(answerTo(request.url))
  response.setHeader('content-type', 'application/json')
  setTimeout(() => response.end(answer), delayMs)
}).listen(port, '127.0.0.1')
