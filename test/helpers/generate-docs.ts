import { writeFileSync } from 'node:fs'
import { generateJsonSchema, generateReference } from './config-docs.js'

writeFileSync('docs/valetkey.schema.json', generateJsonSchema())
writeFileSync('docs/configuration.md', await generateReference())
