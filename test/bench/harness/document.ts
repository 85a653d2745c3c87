import { readFile, writeFile } from 'node:fs/promises'
import { cpus, release } from 'node:os'

const file = 'docs/benchmark.md'

/** Writes figures to the terminal and to their place in docs/benchmark.md. */
export async function publish(section: string, markdown: string): Promise<void> {
  process.stdout.write(`\n${markdown}\n`)
  const [start, end] = [`<!-- ${section} -->`, `<!-- end of ${section} -->`]
  const document = await readFile(file, 'utf8')
  const [from, to] = [document.indexOf(start), document.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${file} has no place for ${section}`)
  const before = document.slice(0, from + start.length)
  await writeFile(file, `${before}\n\n${markdown.trim()}\n\n${document.slice(to)}`)
}

/** The day, the machine and what ran. */
export function circumstances(): string {
  const [processor] = cpus()
  return [
    new Date().toISOString().slice(0, 10),
    `Node ${process.version.slice(1)}`,
    `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}`,
    `Linux ${release()}`,
  ].join(', ')
}
