import type { ProblemRow } from './problem-row.js'

/** What a client is answered that presents an access token, by code. */
export const bearerProblems = {
  ERR_BEARER_REQUEST: {
    status: 400,
    title: 'The credentials could not be read',
    explanation: 'The request has more than one Authorization header, or one without a token.',
    advice: 'Send one access token, as "Authorization: Bearer …".',
    ways: ['home'],
  },
  ERR_BEARER_TOKEN: {
    status: 401,
    title: 'The access token is not accepted',
    explanation: 'The access token is expired, damaged, or not meant for this.',
    advice: 'Get a new access token for this address and send the request again.',
    ways: ['home'],
  },
  ERR_BEARER_SCOPE: {
    status: 403,
    title: 'The access token is not enough',
    explanation: 'The access token is good, but lacks a scope that this needs.',
    advice: 'Get an access token with the scopes that WWW-Authenticate names.',
    ways: ['home'],
  },
  ERR_BEARER_AUTHENTICATION: {
    status: 401,
    title: 'The authentication is not enough',
    explanation: 'This needs an authentication that is stronger or more recent.',
    advice: 'Get an access token as WWW-Authenticate says, after a new authentication.',
    ways: ['home'],
  },
  ERR_BEARER_UNAVAILABLE: {
    status: 503,
    ways: ['retry'],
    title: 'The access token cannot be checked right now',
    explanation: 'The login service is not answering. The access token may well be good.',
    advice: 'Please try again in a moment.',
  },
} as const satisfies Record<string, ProblemRow>
