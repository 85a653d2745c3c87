import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as fc from 'fast-check'
import t from 'tap'
import { corpusRoutes, outcomeOf } from './corpus-routes.js'
import { readCorpus } from './corpus.js'

const folder = await mkdtemp(join(tmpdir(), 'valetkey-nginx-'))
t.teardown(() => rm(folder, { recursive: true }))

const socketPath = join(folder, 'nginx.sock')
const locations = [
  ['/oauth2/', 'own'],
  ['= /oauth2', 'own'],
  [corpusRoutes.public, 'public'],
  [corpusRoutes.admin, 'admin'],
  ['~ ^/reports/[^/]+/annual$', 'reports'],
  [`= ${corpusRoutes.login}`, 'login'],
  ['/files/', 'files'],
  [corpusRoutes.strasse, 'strasse'],
  [corpusRoutes.root, 'root'],
].map(([location, name]) => `location ${location} { return 200 "${name}"; }`)

/** nginx as the upstream that serves those locations, with and without merging slashes. */
const server = (name: string, mergeSlashes: string) => `
  server {
    listen unix:${socketPath};
    server_name ${name};
    merge_slashes ${mergeSlashes};
    large_client_header_buffers 4 64k;
    ${locations.join('\n    ')}
  }`

await writeFile(
  join(folder, 'nginx.conf'),
  `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n  ')}
  ${server('merging', 'on')}
  ${server('keeping', 'off')}
}`,
)
const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
t.teardown(async () => {
  const gone = once(nginx, 'exit')
  nginx.kill('SIGTERM')
  await gone
})
const log: string[] = []
for await (const line of createInterface(nginx.stderr)) {
  log.push(line)
  // Said after the sockets are open.
  if (line.includes('event method')) break
}
nginx.stderr.resume()

/** The location that serves the target; undefined when nginx refuses it. */
async function servedBy(target: string, host: string): Promise<string | undefined> {
  const socket = connect(socketPath)
  socket.setEncoding('latin1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1')
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer.startsWith('HTTP/1.1 200') ? answer.split('\r\n\r\n')[1] : undefined
}

const refusals = new Set(['ambiguous', 'control', 'fragment', 'form', 'host'])

/** Whether nginx serves what was decided upon, or nobody serves it. */
async function agrees(target: string) {
  const outcome = outcomeOf(target)
  if (outcome === undefined || refusals.has(outcome)) return 'refused'
  const origin = target.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/')
  for (const host of ['merging', 'keeping']) {
    const location = await servedBy(origin, host)
    if (location !== undefined && location !== outcome) return `${host}: ${location}`
  }
  return 'same'
}

t.test('HOP-10 what passes of paths.txt, nginx serves from the same location', async (t) => {
  t.ok(
    log.some((line) => line.includes('event method')),
    'nginx runs',
  )
  const same: string[] = []
  for (const { title, value } of await readCorpus('paths.txt')) {
    const verdict = await agrees(value)
    if (verdict === 'same') same.push(title)
    else t.equal(verdict, 'refused', title)
  }
  t.ok(same.length > 100, `${same.length} lines are served`)
})

t.test('HOP-10 so is whatever else passes', async () => {
  const piece = fc.constantFrom(
    ...Object.values(corpusRoutes).map((path) => encodeURI(path.replace('**', ''))),
    ...'/ / // . .. /.. /. %2e %2f %5c \\ ; ;p=1 %3b %252e %61 %41 % %25 %3f ? a x admin oauth2'.split(
      ' ',
    ),
    ...'%c0%af %ef%bc%8e %e9 \xe9 %00 %0a # ADMIN /reports/x/annual'.split(' '),
  )
  const target = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)
  await fc.assert(
    fc.asyncProperty(target, async (candidate) =>
      ['same', 'refused'].includes(await agrees(candidate)),
    ),
    { numRuns: 2000 },
  )
})
