import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { connect, type TcpSocketConnectOpts, type IpcSocketConnectOpts } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemPath } from '../helpers/system-programs.js'

export interface Teardown {
  teardown(close: () => Promise<void>): void
}

/** A server that serves the locations of the corpus, in one of its usual configurations. */
export interface RealServer {
  readonly name: string
  /** The location that serves a target in origin form; undefined when the server refuses it. */
  servedBy(target: string): Promise<string | undefined>
}

/** A folder for a server's files that its workers may enter, gone after the tests. */
export async function makeFolder(t: Teardown, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `valetkey-${name}-`))
  t.teardown(() => rm(folder, { recursive: true }))
  await chmod(folder, 0o755)
  return folder
}

/** Runs a server in the foreground until the end of the tests; resolves when it has said that it is up. */
export async function runServer(
  t: Teardown,
  [command, ...args]: readonly [string, ...string[]],
  saysThatItIsUp: string,
): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: systemPath },
  })
  t.teardown(async () => {
    if (child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  })
  const log: string[] = []
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        log.push(line)
        if (line.includes(saysThatItIsUp)) resolve()
      })
    }
    child.on('exit', () => reject(new Error(`${command} did not start:\n${log.join('\n')}`)))
  })
}

/** Sends one request and gives the status and the body; the status is 0 when no answer came. */
export async function askRaw(
  address: TcpSocketConnectOpts | IpcSocketConnectOpts,
  target: string,
  host: string,
): Promise<{ status: number; body: string }> {
  const socket = connect(address)
  socket.setEncoding('latin1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1')
  let answer = ''
  try {
    for await (const chunk of socket) answer += String(chunk)
  } catch {
    // Whoever refuses a request in its midst may reset the connection.
  }
  const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(answer)?.[1] ?? 0)
  return { status, body: answer.split('\r\n\r\n')[1] ?? '' }
}
