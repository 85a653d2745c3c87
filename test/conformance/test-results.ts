import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Result } from './conformance-page.js'

/** Every file below a folder, by its path in it. */
const filesBelow = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' })

/** The tests of the last run, from the TAP of each file that is still there. */
export function readResults(folder: string): Result[] {
  return filesBelow(folder).flatMap((path) => {
    const file = /\.build\/test\/(.*)\.js\.tap$/.exec(path)?.[1]?.concat('.ts')
    if (file === undefined || !existsSync(`test/${file}`)) return []
    // Tests have a time or a reason behind their name, assertions have neither.
    const lines = readFileSync(`${folder}/${path}`, 'utf8').matchAll(
      /^ *(not )?ok \d+ - (.*?) # ((?:SKIP|TODO|time=).*)$/gm,
    )
    return Array.from(lines, ([, failed, name = '', note = '']): Result => {
      const outcome = /SKIP|TODO/.test(note) ? 'skipped' : failed ? 'failed' : 'passed'
      return { file, name, outcome }
    })
  })
}
