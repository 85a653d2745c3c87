/** What people call their browser, the first that fits: many claim to be others, too. */
const browsers: readonly (readonly [name: string, mark: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\b(?:OPR|Opera)\b/],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Vivaldi', /\bVivaldi\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /(?:Chrome|\bChromium|\bCriOS)\//],
  ['Safari', /\bVersion\/[\d.]+ .*\bSafari\//],
]

const systems: readonly (readonly [name: string, mark: RegExp])[] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['Mac', /\bMacintosh\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
]

/**
 * A browser and its system in plain words, from a User-Agent header: "Firefox on Windows". What is
 * no known browser stays as it is. It helps people to recognise their devices and proves nothing.
 */
export function deviceNameOf(userAgent: string): string {
  const nameIn = (table: typeof browsers) => table.find(([, mark]) => mark.test(userAgent))?.[0]
  const browser = nameIn(browsers)
  const system = nameIn(systems)
  if (browser === undefined) return userAgent.trim() === '' ? 'Unknown device' : userAgent.trim()
  return system === undefined ? browser : `${browser} on ${system}`
}
