import t from 'tap'
import { idTokenClaims } from './corpus/id-token-claims.js'
import { idTokenSignatures } from './corpus/id-token-signatures.js'
import { runCorpus } from './corpus/run-corpus.js'

t.setTimeout(120_000)

await runCorpus(t, [{ name: 'nothing is bent' }, ...idTokenClaims, ...idTokenSignatures])
