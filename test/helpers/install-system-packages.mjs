// Makes sure that the programs the tests drive are there: a Redis, a browser and web servers. Where they are
// missing and apt-get may be used they are installed. Debian then starts them as services, of which three want
// port 80; they are stopped again, because the tests start their own on free ports.
// With --bench it brings what the benchmark runs on and what it compares with; of the latter it leaves out what cannot
// be had.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs whose Debian packages have the same names. */
const services = ['redis-server', 'nginx', 'apache2', 'haproxy', 'caddy']
const forBench = process.argv.includes('--bench')
const packages = [...services, ...(forBench ? ['wrk', 'valgrind'] : ['chromium-headless-shell'])]
/** Without these there is nothing to run. */
const needed = forBench ? ['redis-server', 'nginx', 'wrk'] : packages
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

/** How a command can be run as root without a question; undefined when it cannot. */
function findRoot() {
  if (process.getuid?.() === 0) return ['env']
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' })
  return sudo.status === 0 ? ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive'] : undefined
}

/**
 * A service that finds its port taken leaves apt-get with an error and its program in place. So what counts
 * afterwards is the program, and one that failed does not keep the others from being installed.
 */
function install(names) {
  const asRoot = isInstalled('apt-get') ? findRoot() : undefined
  if (!asRoot) return
  const [command, ...prefix] = asRoot
  const aptGet = [...prefix, 'apt-get', '-o', 'DPkg::Lock::Timeout=120', '-qq']
  process.stdout.write(`Installing ${names.join(', ')}\n`)
  run(command, [...aptGet, 'update'])
  for (const name of names) {
    run(command, [...aptGet, 'install', '--yes', '--no-install-recommends', name])
  }
  const started = names.filter((name) => services.includes(name))
  if (started.length === 0 || !existsSync('/run/systemd/system')) return
  run(command, [...prefix, 'systemctl', 'disable', '--quiet', '--now', ...started])
}

const modAuthOpenidc = '/usr/lib/apache2/modules/mod_auth_openidc.so'

const wanted = missingPackages()
if (forBench && !existsSync(modAuthOpenidc)) wanted.push('libapache2-mod-auth-openidc')
if (wanted.length > 0) install(wanted)

const stillMissing = missingPackages().filter(
  (name) => needed.includes(name) && isNotSubstituted(name),
)
if (stillMissing.length > 0) {
  process.stderr.write(
    `The ${forBench ? 'benchmark needs' : 'tests need'} ${stillMissing.join(', ')}. Install them, for example with\n` +
      `  sudo apt-get update && sudo apt-get install --no-install-recommends ${stillMissing.join(' ')}\n`,
  )
  process.exitCode = 1
}
