// Puts Valetkey under load and prints where its CPU time goes: the packages, files of Node and functions that have
// the most time of their own. The number of seconds may be given. The profile itself stays in .build/profile.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startSignedInValetkey } from './contenders/valetkey.js'
import { measure } from './harness/measure.js'
import { createOwner } from './harness/owner.js'
import { startParts } from './harness/parts.js'
import { type CpuProfile, readProfile } from './harness/cpu-profile.js'

const seconds = Number(process.argv[2] ?? 15)
const most = 60
const folder = resolve('.build/profile')
await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })

const owner = createOwner()
const valetkey = await startSignedInValetkey('Valetkey', await startParts(owner), {
  // Not the bundle, so that the names of files and packages can be told.
  script: '.build/src/main.js',
  nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
})
const { cpuMicros } = await measure(valetkey, { path: '/small' }, seconds)
await owner.end()
process.stdout.write(`${cpuMicros.toFixed(1)} µs of CPU a request\n`)

const [written = ''] = await readdir(folder)
const profile = readProfile(JSON.parse(await readFile(join(folder, written), 'utf8')))

function print(title: string, nameOf: (frame: CpuProfile['frames'][number]) => string): void {
  const shares = new Map<string, number>()
  for (const frame of profile.frames) {
    const name = nameOf(frame)
    shares.set(name, (shares.get(name) ?? 0) + frame.micros)
  }
  const sorted = [...shares].toSorted(([, one], [, other]) => other - one).slice(0, most)
  process.stdout.write(`\n${title}\n`)
  for (const [name, micros] of sorted) {
    process.stdout.write(
      `${((micros / profile.busyMicros) * 100).toFixed(1).padStart(6)} % ${name}\n`,
    )
  }
}

print('by package or file', ({ file, name }) => packageOf(file) ?? name)
print('by function', ({ file, name, line }) => `${name} ${packageOf(file) ?? ''}:${line}`)

function packageOf(url: string): string | undefined {
  if (url === '') return undefined
  const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  return name ?? /\.build\/(.+)$/.exec(url)?.[1] ?? url
}
