import type { ProblemRow } from './problem-row.js'

/** What a request is answered that leads nowhere, or is none, by code. */
export const requestProblems = {
  ERR_ROUTE_NOT_FOUND: {
    status: 404,
    title: 'There is nothing here',
    explanation: 'No page has this address.',
    advice: 'Check the address for a typing error, or go to the start page.',
    ways: ['home'],
  },
  ERR_METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'That cannot be done here',
    explanation: 'This address does not take this kind of request.',
    advice: 'Go to the start page and try from there.',
    ways: ['home'],
  },
  ERR_ORIGINAL_REQUEST: {
    status: 403,
    title: 'The request could not be judged',
    explanation: 'It cannot be told for certain what was asked for, so it was not let through.',
    advice:
      'Check the address, or go to the start page. If it keeps failing, tell your administrator.',
    ways: ['home'],
  },
  ERR_ORIGINAL_REQUEST_MISSING: {
    status: 400,
    title: 'The request could not be judged',
    explanation: 'The entrance to this application is not set up to ask about requests.',
    advice: 'Please tell your administrator the request id below.',
    ways: ['home'],
  },
  ERR_REQUEST: {
    status: 400,
    title: 'The request could not be understood',
    explanation: 'The request is malformed, or may be read in more than one way.',
    advice: 'Check the address, or go to the start page.',
    ways: ['home'],
  },
  ERR_REQUEST_EXPECTATION: {
    status: 417,
    title: 'The request expects too much',
    explanation: 'The request asks for something, in its Expect header, that is not known here.',
    advice: 'Send the request without it.',
    ways: ['home'],
  },
  ERR_REQUEST_HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The request is too large',
    explanation: 'The address, the cookies and the other headers are more than is taken here.',
    advice: 'Delete the cookies of this site and try again.',
    ways: ['retry', 'home'],
  },
  ERR_REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request took too long',
    explanation: 'The request did not arrive in full in time.',
    advice: 'Check your connection and try again.',
    ways: ['retry'],
  },
  ERR_REQUEST_TOO_LARGE: {
    status: 413,
    title: 'The request is too large',
    explanation: 'More was sent than is taken here.',
    advice: 'Send less at once.',
    ways: ['home'],
  },
  ERR_REQUEST_MEDIA_TYPE: {
    status: 415,
    title: 'The request has an unknown format',
    explanation: 'What was sent is not in a format that is taken here.',
    advice: 'Go to the start page and try from there.',
    ways: ['home'],
  },
} as const satisfies Record<string, ProblemRow>
