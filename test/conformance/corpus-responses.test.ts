import t from 'tap'
import { authorizationResponses } from './corpus/authorization-responses.js'
import { tokenResponses } from './corpus/token-responses.js'
import { userinfo } from './corpus/userinfo.js'
import { runCorpus } from './corpus/run-corpus.js'

t.setTimeout(120_000)

await runCorpus(t, [
  { name: 'nothing is bent' },
  ...authorizationResponses,
  ...tokenResponses,
  ...userinfo,
])
