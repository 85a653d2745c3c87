import { readFile } from 'node:fs/promises'
import type { Parsed } from './parsed.js'

/** The texts of files as they are now, in the same order, or why one cannot be read. */
export async function readTexts(files: readonly string[]): Promise<Parsed<readonly string[]>> {
  try {
    return { content: await Promise.all(files.map((file) => readFile(file, 'utf8'))) }
  } catch (error) {
    return { fault: `cannot be read (${reasonOf(error)})` }
  }
}

/** Why a file could not be read, in the system's short code. */
export function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
}
