/** Sessions are named by 43 characters of base64url, of which the first may be a hyphen. */
const isHyphenatedId = (argument: string) => /^-[\w-]{42}$/.test(argument)

/** The arguments with such session ids behind the options, so that they are not taken for some. */
export function withIdsBehindOptions(args: readonly string[]): string[] {
  const ids = args.filter(isHyphenatedId)
  if (ids.length === 0 || args.includes('--')) return [...args]
  return [...args.filter((argument) => !isHyphenatedId(argument)), '--', ...ids]
}
