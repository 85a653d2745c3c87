import * as fc from 'fast-check'
import t from 'tap'
import { startApache } from './apache-server.js'
import { corpusRoutes, isRefusal, outcomeOf } from './corpus-routes.js'
import { readCorpus } from './corpus.js'
import { startNginx } from './nginx-server.js'
import { startNodeServers } from './node-servers.js'

const started = await Promise.all([startNginx(t), startApache(t), startNodeServers(t)])
const servers = started.flat()

/** Whether every server serves what was decided upon, or nobody serves it; else, who does what. */
async function agreementOn(target: string): Promise<string> {
  const outcome = outcomeOf(target)
  if (isRefusal(outcome)) return 'refused'
  const origin = target.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/')
  for (const { name, servedBy } of servers) {
    const location = await servedBy(origin)
    if (location !== undefined && location !== outcome)
      return `${outcome}, but ${name}: ${location}`
  }
  return 'same'
}

t.test('HOP-10 what passes of paths.txt, real servers serve from the same location', async (t) => {
  const served: string[] = []
  for (const { title, value } of await readCorpus('paths.txt')) {
    const agreement = await agreementOn(value)
    if (agreement === 'same') served.push(value)
    else t.equal(agreement, 'refused', title)
  }
  t.ok(served.length > 100, `${served.length} lines are served`)
  for (const { name, servedBy } of servers) {
    const locations = new Set(await Promise.all(served.map(servedBy)))
    t.ok(locations.size > 7, `${name} serves ${[...locations].join(', ')}`)
  }
})

t.test('HOP-10 so is whatever else passes', async () => {
  const piece = fc.constantFrom(
    ...Object.values(corpusRoutes).map((path) => encodeURI(path.replace('**', ''))),
    ...'/ / // . .. /.. /. %2e %2f %5c \\ ; ;p=1 %3b %252e %61 %41 % %25 %3f ? a x admin oauth2'.split(
      ' ',
    ),
    ...'%c0%af %ef%bc%8e %e9 \xe9 \xc3\x9f %00 %0a # ADMIN /reports/x/annual'.split(' '),
  )
  const target = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)
  await fc.assert(
    fc.asyncProperty(target, async (candidate) =>
      ['same', 'refused'].includes(await agreementOn(candidate)),
    ),
    { numRuns: 2000 },
  )
})
