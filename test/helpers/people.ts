const person = (name: string, login: string, groups: string[]) => ({
  name,
  preferred_username: login,
  email: `${login}@example.com`,
  email_verified: true,
  groups,
})

/** The people of the test provider by login name, with their claims. */
export function defaultPeople(): Record<string, Record<string, unknown>> {
  return {
    alice: person('Alice Liddell', 'alice', ['staff', 'admins']),
    bob: person('Bob Builder', 'bob', ['staff']),
    carol: person('Carol Danvers', 'carol', ['guests']),
  }
}
