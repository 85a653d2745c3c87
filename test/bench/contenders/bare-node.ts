import { readFile } from 'node:fs/promises'
import { freePort } from '../../helpers/free-port.js'
import { withoutPreloads } from '../../helpers/without-preloads.js'
import { startProgram } from '../harness/programs.js'
import type { Parts, StartContender } from './contender.js'

const startScript = (file: string, name: string, module: string): StartContender =>
  async function start({ owner, upstream }: Parts) {
    const port = await freePort()
    const script = new URL(file, import.meta.url).pathname
    const [command, args] = withoutPreloads(process.execPath, script, String(port), upstream.url)
    const env = { NODE_ENV: 'production' }
    const pid = await startProgram(owner, { command, args, port, env })
    const version = await versionOf(module)
    return { name, version, url: `http://127.0.0.1:${port}`, headers: {}, pid }
  }

async function versionOf(module: string): Promise<string> {
  const description = await readFile(`node_modules/${module}/package.json`, 'utf8')
  return /"version": "([^"]+)"/.exec(description)?.[1] ?? 'unknown'
}

export const startBareUndici = startScript(
  'bare-undici-process.js',
  'node:http + undici, bare',
  'undici',
)
export const startBareFastify = startScript(
  'bare-fastify-process.js',
  '@fastify/http-proxy, bare',
  '@fastify/http-proxy',
)
