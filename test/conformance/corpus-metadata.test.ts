import t from 'tap'
import { metadata } from './corpus/metadata.js'
import { keySets } from './corpus/key-sets.js'
import { runCorpus } from './corpus/run-corpus.js'

t.setTimeout(120_000)

await runCorpus(t, [{ name: 'nothing is bent' }, ...metadata, ...keySets])
