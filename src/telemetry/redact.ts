/** What stands in the place of a secret. */
export const redacted = '[redacted]'

const longestText = 2000

// Names of values that are secret wherever they turn up, without case, `-` and `_`.
const secretNames = new Set(
  `accesstoken assertion authorization body claims clientassertion clientsecret code codeverifier
   cookie cookies headers idtoken idtokenhint logouttoken nonce parameters passphrase password
   privatekey proxyauthorization query rawheaders refreshtoken response sealed secret sessionkey
   setcookie state subjecttoken ticket token tokens trailers xforwardedaccesstoken
   xvaletkeyassertion`.split(/\s+/),
)

const patterns: readonly (readonly [RegExp, string])[] = [
  // A compact JWS or JWE.
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}/g, redacted],
  // Userinfo of a URL: redis://user:password@host. Passwords are seldom encoded as they should be.
  [/(:\/\/)[^\s"'<>]*@/g, `$1${redacted}@`],
  [/\b(Bearer|Basic|DPoP)\s+[\w.~+/=-]+/gi, `$1 ${redacted}`],
  // A parameter, header or member that names its secret: refresh_token=…, "state": "…", Cookie: ….
  [
    /\b((?:access|refresh|id|logout|subject)_token(?:_hint)?|client_(?:secret|assertion)|code_verifier|state|nonce|password|passphrase|assertion)(["']?\s*[=:]\s*["']?)[^\s"'&,;})]+/gi,
    `$1$2${redacted}`,
  ],
  // `code` is also said of errors: code: ECONNREFUSED.
  [
    /\b([Cc]ode)(["']?\s*[=:]\s*["']?)(?!(?:[A-Z]+_)*(?:ERR_[A-Z_]+|E[A-Z]{3,15})(?![\w-]))[^\s"'&,;})]+/g,
    `$1$2${redacted}`,
  ],
  [/\b((?:set-)?cookie|authorization)(["']?\s*:\s*["']?)[^\r\n"']+/gi, `$1$2${redacted}`],
  [/\b((?:__Host-|__Secure-)?valetkey(?:-(?:login|form)-[\w.~-]+)?=)[^\s;"']+/gi, `$1${redacted}`],
]

/** The text without anything that looks like a token, a password or a cookie, and not endlessly long. */
export function redactText(text: string): string {
  // Cut first: patterns must not run over megabytes that somebody else wrote.
  const cut = text.length > longestText ? `${text.slice(0, longestText)}…` : text
  return patterns.reduce(
    (clean, [pattern, replacement]) => clean.replace(pattern, replacement),
    cut,
  )
}

/** A request target or URL without query, fragment and userinfo, where codes, states and tokens travel. */
export function logUrl(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1)
  return redactText(path)
}

/** Whether a value of this name is a secret, however the name is written. */
export function isSecretName(name: string): boolean {
  return secretNames.has(name.toLowerCase().replace(/[-_]/g, ''))
}

/** Whether a value of this name is an address whose query must not be logged. */
export function isUrlName(name: string): boolean {
  return /^(?:url|uri|href|location|target|path|referer|originalUrl|rd|returnTo)$/i.test(name)
}
