import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/schema'
import t from 'tap'
import { parse } from 'yaml'
import { childOf } from '../../src/config/draft.js'
import { resolveSchema } from '../../src/config/resolve-schema.js'
import { configSchema } from '../../src/config/schema.js'
import { generateJsonSchema, generateReference } from '../helpers/config-docs.js'
import { fullExample, loadText, sessionKey } from '../helpers/config-fixtures.js'

const refresh = 'run `npm run docs`'

t.test('docs/valetkey.schema.json is fresh', async (t) => {
  t.equal(readFileSync('docs/valetkey.schema.json', 'utf8'), generateJsonSchema(), refresh)
})

t.test('docs/configuration.md is fresh', async (t) => {
  t.equal(readFileSync('docs/configuration.md', 'utf8'), await generateReference(), refresh)
})

t.test('the published schema takes what people write and refuses what is unknown', async (t) => {
  const validate = Compile(JSON.parse(generateJsonSchema()))
  const full: unknown = parse(fullExample)
  t.ok(validate.Check(full))
  t.ok(
    validate.Check({
      publicUrl: 'https://a.example',
      providers: [{ issuer: 'https://i.example', clientId: 'a' }],
      routes: [{ upstream: 'http://a' }],
    }),
    'settings with a default may be left out',
  )
  t.notOk(validate.Check(Object.assign({ unknown: 1 }, full)))
  t.notOk(validate.Check({ publicUrl: 'https://a.example' }))
})

t.test('every setting is described', async (t) => {
  const walk = (written: unknown, path: string): void => {
    const schema = resolveSchema(written)
    // Rules hold rules, which are described already.
    if (childOf(written, '$ref') !== undefined && /\.require\b./.test(path)) return
    if (typeof schema !== 'object' || schema === null) return
    if ('items' in schema) walk(schema.items, `${path}[]`)
    if (!('properties' in schema)) return
    for (const [key, setting] of Object.entries(schema.properties ?? {})) {
      const isDescribed = childOf(setting, 'description') ?? childOf(setting, 'properties')
      t.ok(isDescribed, `${path}.${key}`)
      walk(setting, `${path}.${key}`)
    }
  }
  walk(configSchema, '')
})

t.test('the example of the reference page loads', async (t) => {
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(await generateReference()) ?? []
  const config = loadText(
    example,
    {},
    {
      '/run/secrets/client-secret': 'secret',
      '/run/secrets/session-keys': sessionKey,
    },
  )
  t.equal(config.session.store, 'redis')
})
