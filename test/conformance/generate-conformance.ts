import { readFileSync, writeFileSync } from 'node:fs'
import { filesBelow, generateConformancePage, readResults } from './conformance-page.js'

const folder = '.tap/test-results'
const files = filesBelow(folder).filter((file) => file.endsWith('.tap'))
const sources = filesBelow('test')
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(`test/${file}`, 'utf8'))
writeFileSync('docs/conformance.md', generateConformancePage(readResults(folder, files), sources))
