import { modAuthOpenidc } from './mod-auth-openidc.js'
import { modules } from './modules.js'
import { providers } from './providers.js'
import { specifications } from './specifications.js'

/** What has to be a test by its name, or be listed with the reason why it does not apply. */
export interface Requirement {
  readonly id: string
  /** What it asks for, in a sentence; empty for what says it in its name. */
  readonly title: string
}

const list = (lines: string): Requirement[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', ...words] = line.trim().split(' ')
      return { id, title: words.join(' ') }
    })

/** By section of the table, in its order. */
export const requirements: Readonly<Record<string, readonly Requirement[]>> = {
  Specifications: list(specifications),
  Providers: list(providers),
  ...Object.fromEntries(Object.entries(modules).map(([plan, lines]) => [plan, list(lines)])),
  'What mod_auth_openidc had to correct': list(modAuthOpenidc),
}
