import { createPrivateKey } from 'node:crypto'
import { generateSigningKey } from '../../src/identity/signing-key.js'
import { type ConfigCase, route, testCases } from '../helpers/config-cases.js'

const jwk = generateSigningKey('ES256')
const files = {
  '/run/one.pem': createPrivateKey({ key: jwk, format: 'jwk' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString(),
  '/run/two.jwk': JSON.stringify(generateSigningKey('EdDSA')),
  '/run/none': 'hunter2',
}

testCases([
  {
    title: 'signing keys of files',
    line: 8,
    with: 'assertion: { keyFiles: [/run/one.pem, /run/two.jwk] }',
    files,
    expect: [],
  },
  {
    title: 'signing keys of files that hold none, or are not there',
    line: 8,
    with: 'assertion: { keyFiles: [/run/none, /run/one.pem, /run/gone] }',
    files,
    expect: [
      ['assertion.keyFiles[0]', /holds no private key in PEM or as a JWK/, 8],
      ['assertion.keyFiles[2]', /cannot be read \(ENOENT\)/, 8],
    ],
  },
  ...['119m', '367d'].map((keyRotation): ConfigCase => ({
    title: `keys replaced every ${keyRotation}`,
    line: 8,
    with: `assertion: { keyRotation: ${keyRotation} }`,
    expect: [['assertion.keyRotation', /between 2h and 366d/, 8]],
  })),
  {
    title: 'an assertion with claims of its own',
    line: 10,
    with: route('forward: { assertion: { audience: app, claims: [email, exp, sub] } }'),
    expect: [
      ['routes[0].forward.assertion.claims[1]', /leave exp out/, 10],
      ['routes[0].forward.assertion.claims[2]', /leave sub out/, 10],
    ],
  },
])
