/**
 * Runs a command as people run it. tap preloads its bookkeeping into every Node process that a test starts,
 * whatever `env` says; the programs then start slowly, and TypeScript's compiler not at all.
 */
export function withoutPreloads(command: string, ...args: string[]): [string, string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', command, ...args]]
}
