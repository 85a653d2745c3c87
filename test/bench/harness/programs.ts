import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Owner } from './owner.js'

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']

/** Where a program is; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** What a program prints when it is asked something, such as its version. */
export async function printed(command: string, ...args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  await once(child, 'close')
  return said
}

/** A folder that other users' processes may read, with these files; gone at the end. */
export async function makeFolder(
  owner: Owner,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-bench-'))
  owner.teardown(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content)
  }
  return folder
}

/** Starts a server in the foreground, waits until it listens, and gives its process id. */
export async function startProgram(
  owner: Owner,
  options: { command: string; args: readonly string[]; port: number; env?: Record<string, string> },
): Promise<number> {
  const { command, args, port, env } = options
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: folders.join(delimiter), ...env },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const exited = once(child, 'exit')
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  owner.teardown(async () => {
    process.off('exit', killAtExit)
    child.kill('SIGTERM')
    await exited
  })
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${said}`)
    await wait(10)
  }
  return child.pid ?? 0
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const listening = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  return listening.finally(() => socket.destroy())
}
