/**
 * Bounds the work that bad logout tokens cause, since nobody has to sign in to send one.
 *
 * Only failures count, by the sender's address. An address that brought a token which was obeyed is
 * trusted from then on, however much junk comes from there as well: so a flood cannot keep a provider's
 * logouts out, not even where all requests seem to come from one address. Memory is bounded: what would
 * not fit is forgotten, which is to the sender's advantage.
 */
export interface LogoutThrottle {
  /** How many milliseconds the sender must wait; `undefined`: none, and `finish` must be called in the end. */
  begin(address: string, now: number): number | undefined
  finish(address: string, now: number, isObeyed: boolean): void
}

/** Whoever sets up a provider makes mistakes; so many at once are free. */
const burst = 30
/** How long it takes until one more failure is free. */
const refillMs = 1000
/** Tokens wait while a provider's keys are fetched, and each may take 64 KiB. */
const maxUnderWay = { stranger: 256, trusted: 1024 }
const busyMs = 2000
const maxAddresses = 10_000
const maxTrusted = 1000

export function createLogoutThrottle(): LogoutThrottle {
  /** When the last failure of an address will be forgiven (epoch ms); the latest to fail stands last. */
  const forgivenAt = new Map<string, number>()
  const trusted = new Set<string>()
  let underWay = 0

  function waitMs(sender: string, now: number): number | undefined {
    const isTrusted = trusted.has(sender)
    const excessMs = (forgivenAt.get(sender) ?? now) - now - (burst - 1) * refillMs
    if (excessMs > 0 && !isTrusted) return excessMs
    return underWay < maxUnderWay[isTrusted ? 'trusted' : 'stranger'] ? undefined : busyMs
  }

  return {
    begin(address, now) {
      const wait = waitMs(senderOf(address), now)
      if (wait === undefined) underWay++
      return wait
    },
    finish(address, now, isObeyed) {
      underWay--
      const sender = senderOf(address)
      if (isObeyed) {
        makeRoom(trusted, sender, maxTrusted)
        trusted.add(sender)
        forgivenAt.delete(sender)
      } else if (!trusted.has(sender)) {
        const before = Math.max(forgivenAt.get(sender) ?? now, now)
        makeRoom(forgivenAt, sender, maxAddresses)
        forgivenAt.set(sender, before + refillMs)
      }
    },
  }
}

/** Makes room for an entry that will be set anew, at the end. */
function makeRoom(
  entries: Map<string, unknown> | Set<string>,
  next: string,
  maxSize: number,
): void {
  entries.delete(next)
  if (entries.size < maxSize) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}

/** Whoever has one IPv6 address has all of its /64. */
function senderOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head = '', tail] = address.split('::')
  const leading = head === '' ? [] : head.split(':')
  if (tail === undefined) return leading.slice(0, 4).join(':')
  const trailing = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - leading.length - trailing.length }, () => '0')
  return [...leading, ...zeros, ...trailing].slice(0, 4).join(':')
}
