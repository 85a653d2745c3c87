// Makes sure that the programs the tests drive are there: a Redis, a browser and a web server. Where they are
// missing and apt-get may be used they are installed; Debian may then start Redis and nginx on their usual
// ports, which disturbs nothing, since the tests start their own on free ones.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs whose Debian packages have the same names. */
const packages = ['redis-server', 'chromium-headless-shell', 'nginx']
/** The same browser with a screen does as well, and takes twice the time. */
const substitutes = { 'chromium-headless-shell': 'chromium' }

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin']

function isInstalled(program) {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const missingPackages = () => packages.filter((name) => !isInstalled(name))

function isNotSubstituted(name) {
  const substitute = substitutes[name]
  return substitute === undefined || !isInstalled(substitute)
}

function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

/** How apt-get can be called without a question; undefined when it cannot. */
function findAptGet() {
  if (!isInstalled('apt-get')) return undefined
  if (process.getuid?.() === 0) return ['apt-get']
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' })
  return sudo.status === 0 ? ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'] : undefined
}

function install(names) {
  const aptGet = findAptGet()
  if (!aptGet) return
  const [command, ...prefix] = [...aptGet, '-o', 'DPkg::Lock::Timeout=120', '-qq']
  process.stdout.write(`Installing ${names.join(', ')}\n`)
  run(command, [...prefix, 'update'])
  run(command, [...prefix, 'install', '--yes', '--no-install-recommends', ...names])
}

const wanted = missingPackages()
if (wanted.length > 0) install(wanted)

const stillMissing = wanted.length === 0 ? [] : missingPackages().filter(isNotSubstituted)
if (stillMissing.length > 0) {
  process.stderr.write(
    `The tests need ${stillMissing.join(', ')}. Install them, for example with\n` +
      `  sudo apt-get update && sudo apt-get install --no-install-recommends ${stillMissing.join(' ')}\n`,
  )
  process.exitCode = 1
}
