import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig } from '../../src/config/load.js'
import { configWarnings } from '../../src/config/warnings.js'

/** What is parsed here is known; the shapes say only what the tests look at. */
interface Container {
  name: string
  args?: string[]
  lifecycle?: { preStop: { sleep: { seconds: number } } }
  ports?: { name: string; containerPort: number }[]
  volumeMounts?: { name: string; mountPath: string }[]
  securityContext: object
  [probe: `${string}Probe`]: { httpGet: { port: string; path: string } }
}
interface Manifest {
  kind: string
  data: Record<string, string>
  spec: {
    ports: { targetPort: string }[]
    template: {
      spec: {
        containers: Container[]
        volumes: { name: string }[]
        securityContext: object
        terminationGracePeriodSeconds: number
      }
    }
  }
}
interface Compose {
  services: Record<
    string,
    { environment?: Record<string, string>; command: string[]; volumes?: string[] }
  >
}

const documents = parseAllDocuments(await readFile('deploy/kubernetes/sidecar.yaml', 'utf8'))
const manifests: Manifest[] = documents.map((document) => document.toJS())

function manifestOf(kind: string): Manifest {
  const manifest = manifests.find((each) => each.kind === kind)
  if (manifest === undefined) throw new Error(`no ${kind}`)
  return manifest
}

function parseConfigMap(): { forwardAuth?: boolean; trustedProxies: string[] } {
  return parse(manifestOf('ConfigMap').data['valetkey.yaml'] ?? '')
}

const pod = manifestOf('Deployment').spec.template.spec
const [app, sidecar] = pod.containers

t.test('the configuration in the ConfigMap is valid with the mounted secrets', async (t) => {
  const mounted = '/run/secrets/valetkey/'
  t.ok(sidecar?.volumeMounts?.some(({ mountPath }) => `${mountPath}/` === mounted))
  const secrets: Record<string, string> = {
    'client-secret': 'a client secret\n',
    'session-keys': `${Buffer.alloc(32, 1).toString('base64url')}\n`,
    'admin-token': 'a-long-enough-token-for-the-admin\n',
  }
  const file = `${sidecar?.volumeMounts?.find(({ name }) => name === 'config')?.mountPath}/valetkey.yaml`
  t.same(sidecar?.args, ['serve', '--config', file])
  const config = loadConfig({
    file,
    env: {},
    readFile: (path) => {
      const content =
        path === file
          ? manifestOf('ConfigMap').data['valetkey.yaml']
          : path.startsWith(mounted) && secrets[path.slice(mounted.length)]
      if (!content) throw new Error(`no file ${path}`)
      return content
    },
  })
  const ports = new Map(sidecar?.ports?.map(({ name, containerPort }) => [name, containerPort]))
  t.equal(config.listen, `0.0.0.0:${ports.get('http')}`)
  t.equal(config.admin.listen, `0.0.0.0:${ports.get('admin')}`)
  t.same(configWarnings(config), [])
  const shutdown = config.shutdown.wait + config.shutdown.drain
  const appStaysMs = (app?.lifecycle?.preStop.sleep.seconds ?? 0) * 1000
  t.ok(appStaysMs >= shutdown, 'the application stays for as long as Valetkey may drain')
  t.ok(
    Math.max(shutdown, appStaysMs) < pod.terminationGracePeriodSeconds * 1000,
    'shutting down fits into the grace period',
  )
})

t.test('it trusts few addresses, and no script of a page can ask it for tokens', async (t) => {
  t.equal(parseConfigMap().forwardAuth, false)
  t.match(parseConfigMap().trustedProxies, [/^\d[\d.]+\/(24|32)$/])
})

t.test('probes ask the admin listener, and the Service leads to Valetkey', async (t) => {
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
    const path = probe === 'readinessProbe' ? '/readyz' : '/healthz'
    t.same(sidecar?.[probe]?.httpGet, { path, port: 'admin' })
  }
  t.equal(manifestOf('Service').spec.ports[0]?.targetPort, 'http')
})

t.test('both containers run with what the restricted pod security standard allows', async (t) => {
  t.match(pod.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  for (const container of [app, sidecar]) {
    t.same(container?.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  }
})

t.test('the configuration of the compose file is valid with its environment', async (t) => {
  const compose: Compose = parse(await readFile('deploy/compose.yaml', 'utf8'), { merge: true })
  const service = compose.services['valetkey']
  t.same(service?.command, ['serve', '--config', '/etc/valetkey/valetkey.yaml'])
  t.same(service?.volumes, ['./demo/valetkey.yaml:/etc/valetkey/valetkey.yaml:ro'])
  const config = loadConfig({
    file: 'deploy/demo/valetkey.yaml',
    env: {
      ...service?.environment,
      VALETKEY_SESSION_KEY: Buffer.alloc(32, 1).toString('base64url'),
      VALETKEY_CLIENT_SECRET: 'a client secret',
    },
  })
  t.equal(config.listen, '0.0.0.0:4180')
  t.equal(config.session.store, 'redis')
  t.same(configWarnings(config), [])
})

t.test('every file that the Dockerfile copies is in the build context', async (t) => {
  const dockerfile = await readFile('Dockerfile', 'utf8')
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    .flatMap(([, sources = '']) => sources.split(' '))
    .map((source) => `!${source}`)
  const ignore = (await readFile('.dockerignore', 'utf8')).split('\n')
  t.ok(copied.length > 0)
  t.same(
    copied.filter((line) => !ignore.includes(line)),
    [],
  )
})
