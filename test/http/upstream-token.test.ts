import t from 'tap'
import type { TokenTarget } from '../../src/config/schema.js'
import { tokenHolderOf } from '../../src/http/upstream-token.js'
import { identityOf, routeConfig } from '../access/fixtures.js'

const tokenExchange: TokenTarget = { audiences: ['orders'], requestedTokenType: 'access_token' }

t.test(
  'TX-1 one access token as that of two clients has an exchanged token for each',
  async (t) => {
    const { forward, ...route } = routeConfig({ path: '/' })
    const keyAt = (providerId: string) => {
      const bearer = {
        key: 'hash of the token',
        identity: identityOf({}, { providerId }),
        tokens: { accessToken: 'token' },
        audiences: [],
        scopes: [],
        endsAt: 0,
      }
      const config = { ...route, forward: { ...forward, tokenExchange } }
      return tokenHolderOf({ live: undefined, bearer, route: { config } })?.key
    }
    t.not(keyAt('one'), keyAt('other'))
    t.equal(keyAt('one'), keyAt('one'))
  },
)
