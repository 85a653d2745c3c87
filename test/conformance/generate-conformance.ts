import { writeFileSync } from 'node:fs'
import { generateConformancePage } from './conformance-page.js'
import { readResults } from './test-results.js'

writeFileSync('docs/conformance.md', generateConformancePage(readResults('.tap/test-results')))
