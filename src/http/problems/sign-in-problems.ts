import type { ProblemRow } from './problem-row.js'

const signInFailed = {
  status: 400,
  title: 'Sign-in was not completed',
  explanation: 'The answer of the login service could not be accepted, so nobody was signed in.',
  advice: 'Please start the sign-in again. If it keeps failing, tell your administrator.',
  ways: ['sign-in', 'home'],
} as const

const loginServiceFailed = {
  status: 502,
  title: 'The login service answered wrongly',
  explanation: 'The login service sent an answer that could not be used.',
  advice: 'Please try again. If it keeps failing, tell your administrator.',
  ways: ['sign-in', 'home'],
} as const

/** What a person sees whose sign-in did not come about, by code. */
export const signInProblems = {
  ERR_CALLBACK: signInFailed,
  ERR_CALLBACK_DENIED: {
    status: 403,
    title: 'Sign-in was declined',
    explanation: 'The login service reports that the sign-in was cancelled or not permitted.',
    advice: 'You can try again, perhaps with another account.',
    ways: ['sign-in', 'home'],
  },
  ERR_CALLBACK_INTERACTION: {
    status: 401,
    title: 'The login service has to ask you something',
    explanation: 'The login service could not sign you in without showing you a page of its own.',
    advice: 'Start the sign-in again. If this comes back, sign in at the login service first.',
    ways: ['sign-in', 'home'],
  },
  ERR_CALLBACK_LOOP: {
    status: 400,
    title: 'You are asked to sign in again and again',
    explanation: 'Signing in succeeded several times in a row, but did not last.',
    advice: 'Going on would repeat it. Tell your administrator what stands here.',
    ways: ['home'],
  },
  ERR_CALLBACK_STATE: {
    status: 400,
    title: 'This sign-in cannot be continued',
    explanation:
      'This browser has no sign-in under way that fits. It may have been completed already, started in another browser, or cookies may be blocked.',
    advice: 'Please start again from here. If it happens again, allow cookies for this site.',
    ways: ['sign-in', 'home'],
  },
  ERR_ID_TOKEN: signInFailed,
  ERR_ID_TOKEN_CLAIM: {
    status: 403,
    title: 'This account is not admitted here',
    explanation: 'The sign-in worked, but accounts like this one may not be used here.',
    advice: 'Please sign in with another account, or ask your administrator.',
    ways: ['sign-in', 'home'],
  },
  ERR_LOGIN: signInFailed,
  ERR_TOKEN: loginServiceFailed,
  ERR_PROVIDER: loginServiceFailed,
  ERR_PROVIDER_UNKNOWN: {
    status: 404,
    title: 'There is no such login service',
    explanation: 'The address names a login service that is not set up here.',
    advice: 'Choose how to sign in from the list.',
    ways: ['sign-in', 'home'],
  },
  ERR_PROVIDER_UNAVAILABLE: {
    status: 503,
    ways: ['retry'],
    title: 'The login service cannot be reached',
    explanation:
      'Signing in is not possible right now. People already signed in can go on working.',
    advice: 'Please try again in a moment.',
  },
} as const satisfies Record<string, ProblemRow>
