import * as prettier from 'prettier'
import { durationPattern } from '../../src/config/duration.js'
import { childOf } from '../../src/config/draft.js'
import { environmentSettings } from '../../src/config/environment.js'
import { formatPath } from '../../src/config/config-error.js'
import { requireSchema } from '../../src/config/require-schema.js'
import { resolveSchema } from '../../src/config/resolve-schema.js'
import { configSchema } from '../../src/config/schema.js'

/** docs/valetkey.schema.json: the schema as editors want it, in which a setting with a default is optional. */
export function generateJsonSchema(): string {
  const schema: unknown = JSON.parse(JSON.stringify(configSchema, optionalDefaults))
  const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#' }
  const definitions: unknown = JSON.parse(
    JSON.stringify(childOf(requireSchema, '$defs'), (key, value: unknown) =>
      key === '$id' ? undefined : optionalDefaults(key, value),
    ),
  )
  return `${JSON.stringify(Object.assign(draft7, schema, { definitions }), null, 2)}\n`
}

function optionalDefaults(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const reference = childOf(value, '$ref')
  if (typeof reference === 'string') {
    // Editors look for a name alone in a file of that name.
    return { description: childOf(value, 'description'), $ref: `#/definitions/${reference}` }
  }
  const required = childOf(value, 'required')
  const kind = childOf(value, 'enum') === undefined ? {} : { type: 'string' }
  if (!Array.isArray(required)) return { ...kind, ...value }
  const needed = required.filter(
    (key: string) => childOf(childOf(childOf(value, 'properties'), key), 'default') === undefined,
  )
  return { ...value, required: needed.length > 0 ? needed : undefined }
}

/** docs/configuration.md, wholly made from the schema and the texts below. */
export async function generateReference(): Promise<string> {
  const sections = sectionsOf('', configSchema).map(
    ({ path, schema }) =>
      `## ${path ? `\`${path}\`` : 'Top level'}\n\n${describe(schema)}${table(schema)}`,
  )
  const page = [introduction, ...sections, environment(), rules].join('\n\n')
  return prettier.format(page, { parser: 'markdown', printWidth: 100 })
}

const introduction = `<!-- Made by \`npm run docs\` from src/config/schema.ts; do not edit. -->

# Configuration

One YAML (or JSON) file, overridden by environment variables. \`valetkey check --config valetkey.yaml\`
names every problem with its path and line and prints the configuration in force, secrets masked.
\`valetkey.schema.json\` beside this page is its JSON Schema; editors complete and check with it:

\`\`\`yaml
# yaml-language-server: $schema=./valetkey.schema.json
publicUrl: https://app.example.com
providers:
  - issuer: https://idp.example.com/realms/main
    clientId: app
    clientSecretFile: /run/secrets/client-secret
session:
  store: redis
  redis: { url: redis://redis:6379 }
  keysFile: /run/secrets/session-keys
routes:
  - upstream: http://127.0.0.1:3000
\`\`\`

A **duration** is a number and a unit: \`250ms\`, \`30s\`, \`5m\`, \`8h\`, \`7d\`. Settings without a default
and not marked as required are absent unless they are set.`

const rules = `## Secrets

Keep secrets in files: \`clientSecretFile\`, \`keysFile\`, \`tokenFile\`, \`passwordFile\`. Those of
\`session.redis\` are read again at each connection and those of a provider at each use, so that a rotated
password or key needs no restart. A newline at the end does not
count. A relative path starts at the folder of the configuration file, in an environment variable at
the working directory. A secret and its file are never both set. \`keysFile\` holds one key a line;
blank lines and lines that begin with \`#\` do not count. The first key seals, all of them open: put a
new key first, and remove the old one when a session lifetime has passed.

## What is refused

Besides unknown settings and wrong types, Valetkey does not start with settings that contradict each
other. Among them:

- a \`publicUrl\` with a path, or over plain http off loopback (\`localhost\`, \`*.localhost\`,
  \`127.0.0.0/8\`, \`[::1]\`), and an issuer over plain http off loopback without \`allowInsecureIssuer\`;
- the redis store without a place (one of \`url\`, \`sentinel\`, \`cluster\`) or without session keys, and
  the memory store beside \`session.redis\`; TLS settings beside a URL without TLS;
- a cookie domain that does not contain the host of \`publicUrl\`, \`sameSite: none\` without https;
- two providers of one id, a client secret or a client key missing or too many, \`openid\` missing in \`scopes\`, HS\\*
  mixed with public-key algorithms;
- an extra or a start parameter that Valetkey writes itself or that has a setting, however it is spelt, a
  resource that is no absolute URI, signed requests without a key, an \`acr\` that is asked for twice;
- a route under \`basePath\`, a route that an earlier one covers entirely, \`require\` or \`bearer\` on a public
  route, a path pattern that could be read in several ways, a \`stripPrefix\` that the path does not begin with;
- TLS settings beside an upstream without TLS, a certificate without its key or with another's;
- a rule within \`require\` that requires nothing, \`acr\` and \`maxAge\` within \`not\`, \`clientAddresses\` and
  \`methods\` as rules of an optional route, which do not hold back who is not signed in;
- a \`bearer.provider\` that is not configured, and an audience that is the client of a provider with
  \`accessTokenType: lax\`;
- a network of trusted proxies that is everybody (\`0.0.0.0/0\`), a short admin token, two listeners on
  one port, an inactivity timeout longer than the lifetime, a timer of zero or of more than 24 days.`

function environment(): string {
  const rows = environmentSettings.map(
    ({ variable, path }) => `| \`${variable}\` | \`${formatPath(path)}\` |`,
  )
  return `## Environment

| variable | sets |
| --- | --- |
${rows.join('\n')}

The environment overrides the file, and is enough by itself for one provider and one upstream. An
empty variable counts as absent. \`VALETKEY_REDIS_URL\` also sets \`session.store: redis\`;
\`VALETKEY_SESSION_KEY\` holds one key. For a client with \`federated_assertion\` and no \`clientAssertionFile\`
\`AZURE_FEDERATED_TOKEN_FILE\` names it; \`HTTPS_PROXY\`, \`HTTP_PROXY\` and \`NO_PROXY\` count for the calls to
providers ([client authentication](client-authentication.md)). The variables of a provider and \`VALETKEY_UPSTREAM\` are refused
when the file has several providers or routes.`
}

interface Section {
  readonly path: string
  readonly schema: unknown
}

function sectionsOf(path: string, schema: unknown): Section[] {
  return [
    { path, schema },
    ...settingsOf(resolveSchema(schema)).flatMap(([key, setting]) => {
      const below = path ? `${path}.${key}` : key
      const section = sectionIn(setting)
      if (section !== undefined) return sectionsOf(below, section)
      const items = childOf(setting, 'items')
      return isSection(items) ? sectionsOf(`${below}[]`, items) : []
    }),
  ]
}

/** The setting itself, or the section among what it may be. */
const sectionIn = (setting: unknown): unknown => {
  const choices = childOf(setting, 'anyOf')
  if (Array.isArray(choices)) return choices.find(isSection)
  return isSection(setting) ? setting : undefined
}

/** What a mapping with names of people's choice holds. */
function mappingOf(member: unknown): string {
  const kind = childOf(member, 'type')
  if (kind === 'array') return 'mapping of lists of text'
  return kind === 'string' ? 'mapping of text' : 'mapping'
}

const isSection = (schema: unknown) =>
  childOf(schema, 'properties') !== undefined || childOf(schema, '$defs') !== undefined

/** A rule within a rule: described once, where it begins. */
const isRule = (schema: unknown) => childOf(schema, '$ref') !== undefined && !isSection(schema)

function settingsOf(schema: unknown): [string, unknown][] {
  return Object.entries(childOf(schema, 'properties') ?? {})
}

function describe(schema: unknown): string {
  const description = childOf(schema, 'description')
  return typeof description === 'string' ? `${description}\n\n` : ''
}

function table(written: unknown): string {
  const schema = resolveSchema(written)
  const required: unknown = childOf(schema, 'required')
  const rows = settingsOf(schema).map(([key, setting]) => {
    const fallback = childOf(setting, 'default')
    const isNeeded = Array.isArray(required) && required.includes(key) && fallback === undefined
    const cells = [`\`${key}\``, kindOf(setting), isNeeded ? '**required**' : defaultOf(setting)]
    const description = childOf(setting, 'description')
    const meaning = typeof description === 'string' ? description : 'See below.'
    return `| ${[...cells, meaning].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return `| setting | type | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}`
}

function defaultOf(setting: unknown): string {
  const fallback = childOf(setting, 'default')
  if (fallback === undefined || isSection(setting)) return ''
  return `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``
}

function kindOf(setting: unknown): string {
  if (isRule(setting)) return 'as `routes[].require`'
  const choices = childOf(setting, 'anyOf')
  if (Array.isArray(choices)) return choices.map(kindOf).join(' or ')
  const values = childOf(setting, 'enum')
  if (Array.isArray(values)) return values.map((value) => `\`${value}\``).join(', ')
  if (childOf(setting, 'pattern') === durationPattern) return 'duration'
  const members = childOf(setting, 'patternProperties')
  if (members !== undefined) return mappingOf(Object.values(members ?? {})[0])
  switch (childOf(setting, 'type')) {
    case 'string':
      return 'text'
    case 'integer':
      return 'whole number'
    case 'boolean':
      return '`true`, `false`'
    case 'array': {
      const items = childOf(setting, 'items')
      if (isRule(items)) return 'list, each as `routes[].require`'
      return isSection(items) ? 'list' : `list of ${kindOf(items)}`
    }
    case 'null':
      return '`null`'
    default:
      return 'section'
  }
}
