import { signIn } from '../../helpers/stack.js'
import { startBundledValetkey } from '../contenders/valetkey.js'
import type { Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { cpuMs } from '../harness/process-figures.js'

const warmUp = 50
const logins = 300

/** What a sign-in costs Valetkey, from the first redirect to the application's answer. */
export async function loginRate(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const { publicUrl, child } = await startBundledValetkey(parts)
  const pid = child.pid ?? 0
  const signInMany = async (count: number) => {
    for (let each = 0; each < count; each++) await signIn({ publicUrl }, 'alice')
  }
  await signInMany(warmUp)
  const before = await cpuMs(pid)
  await signInMany(logins)
  const each = ((await cpuMs(pid)) - before) / logins
  return `A sign-in (start, callback with the token request and the checks of the ID token, first page) takes ${each.toFixed(2)} ms of CPU: a core is enough for ${Math.round(1000 / each)} sign-ins a second. ${logins} were made one after the other.`
}
