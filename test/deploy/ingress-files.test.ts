import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { answerHeaders } from '../../src/http/answers.js'
import { sharingHeaders } from '../../src/http/cross-origin.js'
import { createPaths } from '../../src/http/paths.js'
import { identityHeaderNames } from '../../src/identity/identity-headers.js'
import { accessTokenHeaderName, assertionHeaderName } from '../../src/identity/reserved-headers.js'

const folder = 'deploy/ingress'
const paths = createPaths('/oauth2')
const identityHeaders = [
  ...Object.values(identityHeaderNames),
  accessTokenHeaderName,
  assertionHeaderName,
]

const files = await Promise.all(
  (await readdir(folder)).map(async (name) => ({
    name,
    text: await readFile(`${folder}/${name}`, 'utf8'),
  })),
)
/** The files of an ingress that asks about each request, instead of having Valetkey in the way of it. */
const asking = files.filter(({ text }) => text.includes('may it pass?'))

/** The Kubernetes objects of a file. */
interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

function documentsOf(text: string) {
  const documents = parseAllDocuments(text, { merge: true })
  return documents.map((document) => ({
    problems: [...document.errors, ...document.warnings],
    content: document.toJS(),
  }))
}

t.test('each file says whom Valetkey must trust, and whether it has been run', async (t) => {
  t.equal(files.length, 12)
  t.equal(asking.length, 9)
  for (const { name, text } of files) {
    const [head = ''] = text.split(/^[^#\n]/m)
    t.match(head, /^# {17,20}trustedProxies: \[\d[\d.]+\/(24|32)\]/m, name)
    t.match(head, /Run in the tests with|Run by hand with|Not run here:/, name)
    t.match(head, /store (that )?is away|503/, name)
    t.match(head, /To replace:/, name)
  }
})

t.test('each YAML file parses, and names its Kubernetes objects once', async (t) => {
  for (const { name, text } of files.filter((file) => file.name.endsWith('.yaml'))) {
    const documents = documentsOf(text)
    for (const { problems } of documents) t.same(problems, [], name)
    if (!text.includes('apiVersion:')) continue
    const objects: Manifest[] = documents.map(({ content }) => content)
    const named = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    t.equal(new Set(named).size, named.length, name)
    for (const { apiVersion } of objects) t.match(apiVersion, /^[a-z0-9.]*\/?v\d/, name)
  }
})

t.test('whoever asks asks Valetkey, keeps clients from asking, and fails closed', async (t) => {
  for (const { name, text } of asking) {
    const endpoints = [paths.auth, paths.forwardAuth, paths.extAuthz]
    t.ok(
      endpoints.some((path) => text.includes(path)),
      name,
    )
    for (const path of endpoints) {
      const last = path.slice(paths.base.length + 1)
      t.ok(text.includes(path) || text.includes(`oauth2/+(auth|forward-auth|ext-authz)`), last)
    }
    t.notMatch(text, /(failure_mode_allow|failOpen): true/, name)
  }
})

t.test('BCP-12 whoever asks replaces every identity header', async (t) => {
  // A check over gRPC is answered with whatever is to be set and removed, without a list.
  const listing = asking.filter(({ name }) => !/^(traefik|envoy-grpc)/.test(name))
  for (const { name, text } of listing) {
    const isAsTheirs = name === 'ingress-nginx.yaml'
    for (const header of [...identityHeaders, 'Authorization', 'Cookie']) {
      const told = isAsTheirs ? header.replace('X-Forwarded-', 'X-Auth-Request-') : header
      t.ok(text.toLowerCase().includes(told.toLowerCase()), `${name} ${told}`)
    }
  }
})

t.test('an Envoy that lists what of a refusal clients get lists all of it', async (t) => {
  const origin = 'https://other.example.com'
  const told = [
    ...Object.keys({
      ...answerHeaders('ANY'),
      ...sharingHeaders({ origin }, { origins: [origin], preflight: 'pass' }),
    }),
    'location',
    'set-cookie',
    'content-type',
    'content-security-policy',
    'retry-after',
    'www-authenticate',
  ]
  const lists = new Map(
    files.flatMap(({ name, text }) => {
      const list =
        /(?:allowed_client_headers|headersToDownstreamOnDeny):\n([^]*?)\n(?: *- name:|---)/
      const [, entries] = list.exec(text) ?? []
      return entries === undefined
        ? []
        : [[name, [...entries.matchAll(/[a-z-]+$/gm)].map(([header]) => header)] as const]
    }),
  )
  t.same([...lists.keys()].toSorted(), ['envoy.yaml', 'istio.yaml'])
  for (const [name, listed] of lists) {
    t.same(
      told.filter((header) => !listed.includes(header)),
      [],
      name,
    )
  }
})

t.test('BCP-12 what Traefik replaces is every spelling of them, and nothing else', async (t) => {
  const patterns = asking.flatMap(
    ({ text }) => /authResponseHeadersRegex: \(\?i\)(\S+)$/m.exec(text)?.[1] ?? [],
  )
  t.equal(patterns.length, 2)
  t.equal(patterns[0], patterns[1])
  const replaced = new RegExp(patterns[0] ?? '', 'i')
  for (const header of [...identityHeaders, 'X-Auth-Request-User', 'X-Original-URL']) {
    for (const separator of ['-', '_', '.']) {
      t.match(header.replaceAll('-', separator), replaced)
      t.match(header.replace('-', separator).toLowerCase(), replaced)
    }
  }
  for (const header of ['Authorization', 'Cookie', 'Forwarded']) t.match(header, replaced)
  for (const header of ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Accept']) {
    t.notMatch(header, replaced)
  }
})
