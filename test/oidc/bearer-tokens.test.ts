import t from 'tap'
import type { AccessToken } from '../../src/oidc/access-token-claims.js'
import { createBearerTokens } from '../../src/oidc/bearer-tokens.js'

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (issuer: string) => `${encode({ alg: 'none' })}.${encode({ iss: issuer })}.`
const now = 1_700_000_000_000

const accepted: AccessToken = {
  identity: { providerId: 'corp', issuer: 'https://idp.example.com', sub: 'robot', claims: {} },
  tokens: { accessToken: 'token' },
  audiences: ['api'],
  scopes: [],
  endsAt: now + 60_000,
  goodUntil: now + 60_000,
  bytes: 1000,
}

t.test(
  'keeps nothing of a token that is refused without a look, however it is repeated',
  async (t) => {
    const issuers = new Set<string>()
    const tokens = createBearerTokens([
      {
        id: 'corp',
        isNamed: () => false,
        takesOpaqueTokens: false,
        issuesAccessTokens: (issuer) => issuers.has(issuer),
        verifyAccessToken: async () => accepted,
      },
    ])
    const token = tokenOf('https://sts.example.com')
    t.match(await tokens.verify(token, undefined, now), { kind: 'refused' })
    // As when the metadata, which name another issuer for access tokens, have come meanwhile.
    issuers.add('https://sts.example.com')
    t.match(await tokens.verify(token, undefined, now), { kind: 'verified' })
  },
)

t.test('a provider that announces the issuer of another one gets none of its tokens', async (t) => {
  const corp = 'https://idp.example.com'
  const shownTo: string[] = []
  const partyOf = (id: string, issuer: string, announced: string) => ({
    id,
    isNamed: (named: string) => named === issuer,
    takesOpaqueTokens: true,
    issuesAccessTokens: (named: string) => named === issuer || named === announced,
    async verifyAccessToken() {
      shownTo.push(id)
      return accepted
    },
  })
  const partner = partyOf('partner', 'https://partner.example.com', corp)
  const tokens = createBearerTokens([partner, partyOf('corp', corp, 'https://sts.example.com')])
  for (const issuer of [corp, 'https://partner.example.com', 'https://sts.example.com']) {
    await tokens.verify(tokenOf(issuer), undefined, now)
  }
  t.same(shownTo, ['corp', 'partner', 'corp'])
})
