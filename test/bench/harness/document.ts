import { readFile, writeFile } from 'node:fs/promises'
import { cpus, release } from 'node:os'
import { version } from '../../../src/version.js'
import { findProgram, printed } from './programs.js'

const file = 'docs/benchmark.md'

/** Writes figures to their place in docs/benchmark.md. */
export async function publish(section: string, markdown: string): Promise<void> {
  const [start, end] = [`<!-- ${section} -->`, `<!-- end of ${section} -->`]
  const document = await readFile(file, 'utf8')
  const [from, to] = [document.indexOf(start), document.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${file} has no place for ${section}`)
  const before = document.slice(0, from + start.length)
  const figures = markdown.trim().replaceAll(/\n{3,}/g, '\n\n')
  await writeFile(file, `${before}\n\n${figures}\n\n${document.slice(to)}`)
}

/** The day, the machine and what ran. */
export async function circumstances(): Promise<string> {
  const [processor] = cpus()
  return [
    new Date().toISOString().slice(0, 10),
    `Valetkey ${version}`,
    `Node ${process.version.slice(1)}`,
    `Redis ${await versionOf('redis-server', '--version')}`,
    `nginx ${await versionOf('nginx', '-v')}`,
    `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}`,
    `Linux ${release()}`,
  ].join(', ')
}

async function versionOf(command: string, option: string): Promise<string> {
  const program = findProgram(command)
  return /\d+(\.\d+)+/.exec(program ? await printed(program, option) : '')?.[0] ?? 'unknown'
}
