/** Who can sign in at the demo's provider. None of them has a password. */
export const people = new Map(
  [
    { login: 'alice', name: 'Alice Liddell', groups: ['staff', 'admins'] },
    { login: 'bob', name: 'Bob Cratchit', groups: ['staff'] },
    { login: 'carol', name: 'Carol Kennicott', groups: ['guests'] },
  ].map((person) => [person.login, { ...person, email: `${person.login}@example.com` }]),
)
