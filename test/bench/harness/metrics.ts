import { fetch } from 'undici'

/** One of the product's own metrics, now. Throws when there is none of that name. */
export async function readMetric(adminUrl: string, name: string): Promise<number> {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]
  if (value === undefined) throw new Error(`there is no metric ${name}`)
  return Number(value)
}
