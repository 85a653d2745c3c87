const core = `client_id response_type response_mode redirect_uri scope state nonce code_challenge
  code_challenge_method dpop_jkt request request_uri id_token_hint client_secret client_assertion
  client_assertion_type code code_verifier grant_type`.split(/\s+/)

const settings = new Map([
  ['acr_values', 'acrValues'],
  ['max_age', 'maxAge'],
  ['claims', 'claims'],
  ['resource', 'resources'],
])

/** What `/start` reads for itself. */
const startsOwn = new Set(['rd', 'provider', 'step_up', 'form', 'iss', 'target_link_uri'])

/**
 * Why a parameter must not be sent with each authorization request; undefined when it may be. Some providers
 * read names in any case, and some take `redirect.uri` and `redirect-uri` for `redirect_uri`.
 */
export function objectionToExtra(name: string): string | undefined {
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(name)) {
    return 'is no name of a parameter: letters, digits, "_", ".", ":" and "-"'
  }
  const plain = name.toLowerCase().replaceAll(/[.:-]/g, '_')
  if (core.includes(plain)) return 'is written by Valetkey itself for each login'
  // RFC 9101 §10.8
  if (plain === 'sub') return 'would let whoever has a signed request pass for the client'
  const setting = settings.get(plain)
  return setting === undefined ? undefined : `is what ${setting} is for`
}

/** Why a parameter of the start URL must not be passed on; undefined when it may be. */
export function objectionToStart(name: string): string | undefined {
  if (startsOwn.has(name)) return 'is read by /start itself'
  return objectionToExtra(name)
}
