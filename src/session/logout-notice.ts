/** What a verified logout token asks for: to end the sessions of `sid`, or else all of `sub`. */
export interface LogoutNotice {
  readonly issuer: string
  /** Absent also where the configuration has all sessions of the person end. */
  readonly sid?: string
  readonly sub?: string
  /** Unique to the token; two with the same are a replay. */
  readonly jti: string
  /** Until when the token would be accepted again; epoch milliseconds. */
  readonly acceptableUntil: number
}
