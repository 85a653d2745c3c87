import type { ProblemRow } from './problem-row.js'

const applicationFailed = {
  status: 502,
  title: 'The application is not answering',
  explanation: 'You reached the entrance, but the application behind it gave no usable answer.',
  advice: 'It may be restarting. Please try again in a moment.',
  ways: ['retry'],
} as const

/** What a client is answered whose upstream does not answer it, by code. */
export const upstreamProblems = {
  ERR_UPSTREAM: applicationFailed,
  ERR_UPSTREAM_LOOP: {
    status: 508,
    title: 'The request goes round in circles',
    explanation: 'The request has been here before: the application sends it back to its entrance.',
    advice: 'Tell your administrator.',
    ways: ['home'],
  },
  ERR_UPSTREAM_METHOD: {
    status: 405,
    title: 'That cannot be done here',
    explanation: 'Requests of this kind are not passed on.',
    advice: 'Go to the start page and try from there.',
    ways: ['home'],
  },
  ERR_UPSTREAM_TIMEOUT: {
    status: 504,
    title: 'The application took too long',
    explanation: 'The application behind this entrance did not answer in time.',
    advice: 'Please try again. If it keeps happening, tell your administrator.',
    ways: ['retry'],
  },
  ERR_UPSTREAM_TOKEN: {
    status: 502,
    title: 'The application cannot be used right now',
    explanation: 'The login service gave no usable access for the application behind this address.',
    advice:
      'Please try again. If it keeps happening, tell your administrator the request id below.',
    ways: ['retry', 'home'],
  },
  ERR_UPSTREAM_TOKEN_DENIED: {
    status: 403,
    title: 'You do not have access',
    explanation: 'The login service gives you no access to the application behind this address.',
    advice: 'Ask for access, or tell your administrator the request id below.',
    ways: ['home'],
  },
  ERR_UPSTREAM_TOKEN_UNAVAILABLE: {
    status: 503,
    title: 'The application cannot be used right now',
    explanation:
      'The login service, which gives access to the application, is not answering. You are still signed in; nothing is lost.',
    advice: 'Please try again in a moment.',
    ways: ['retry'],
  },
} as const satisfies Record<string, ProblemRow>
