import t from 'tap'
import { createHeadersToRemove } from '../../src/identity/headers-to-remove.js'
import { createReservedHeaders } from '../../src/identity/reserved-headers.js'

t.test(
  'BCP-12 SMU-13 an ingress removes what routes send, seen or not, and every spelling seen',
  async (t) => {
    const names = ['X-Forwarded-User', 'Remote-User', 'X-Department']
    const headersToRemove = createHeadersToRemove({
      isReserved: createReservedHeaders(names),
      neverFromClients: names,
    })
    const unseen = ['authorization', 'cookie', 'remote-user', 'x-department', 'x-forwarded-user']
    t.same(headersToRemove([], []).toSorted(), unseen)
    const sent = ['Accept', 'REMOTE_USER', 'x_department', 'X.Department', 'x-pomerium-claim-email']
    t.same(
      headersToRemove(sent, []).toSorted(),
      [
        ...unseen,
        'remote_user',
        'x.department',
        'x-pomerium-claim-email',
        'x_department',
      ].toSorted(),
    )
    const set = ['Remote-User', 'al', 'Cookie', 'theirs=1']
    const removed = headersToRemove(['remote_user', 'cookie'], set)
    t.notOk(removed.includes('remote-user'), 'what is set is not removed')
    t.notOk(removed.includes('cookie'))
    t.ok(removed.includes('remote_user'), 'but its other spellings are')
  },
)
