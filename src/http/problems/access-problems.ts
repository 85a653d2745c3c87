import type { ProblemRow } from './problem-row.js'

const unavailable = { status: 503, ways: ['retry'] } as const

/** What a client is answered that may not have what it asks for, by code. */
export const accessProblems = {
  ERR_LOGIN_REQUIRED: {
    status: 401,
    title: 'Please sign in',
    explanation: 'This needs you to be signed in, and you are not, or no longer.',
    advice: 'Sign in to go on.',
    ways: ['sign-in'],
  },
  ERR_STEP_UP_REQUIRED: {
    status: 401,
    title: 'Please confirm that it is you',
    explanation: 'This needs a sign-in that is stronger or more recent than yours.',
    advice: 'Sign in once more to go on.',
    ways: ['sign-in'],
  },
  ERR_STEP_UP_FAILED: {
    status: 403,
    title: 'Your sign-in is not enough for this',
    explanation:
      'This needs a sign-in that is stronger or more recent, and the login service did not give one.',
    advice: 'Try once more. If it keeps failing, tell your administrator.',
    ways: ['home'],
  },
  ERR_ACCESS_DENIED: {
    status: 403,
    title: 'You do not have access',
    explanation: 'You are signed in, but your account may not open this.',
    advice: 'Ask for access, or use another account.',
    ways: ['home'],
  },
  ERR_ACCESS_PROVIDER: {
    status: 403,
    title: 'Another login is needed here',
    explanation: 'You are signed in with a login service that does not count for this.',
    advice: 'Sign in with another one to go on.',
    ways: ['home'],
  },
  ERR_CROSS_SITE_REQUEST: {
    status: 403,
    title: 'This request came from another site',
    explanation: 'Another website made your browser send this request, so it was not carried out.',
    advice: 'If you meant to do this, open the application and do it there.',
    ways: ['home'],
  },
  ERR_ASSERTION_KEY_MISSING: {
    ...unavailable,
    title: 'The application cannot be told who you are right now',
    explanation: 'A key for that is not there yet. You are still signed in; nothing is lost.',
    advice: 'Please try again in a moment.',
  },
  ERR_REFRESH_UNAVAILABLE: {
    ...unavailable,
    title: 'Your session cannot be renewed right now',
    explanation: 'The login service is not answering. You are still signed in; nothing is lost.',
    advice: 'Please try again in a moment.',
  },
  ERR_STORE_UNAVAILABLE: {
    ...unavailable,
    title: 'Sessions cannot be checked right now',
    explanation: 'The session store is not answering. You are still signed in; nothing is lost.',
    advice: 'Please try again in a moment.',
  },
} as const satisfies Record<string, ProblemRow>
