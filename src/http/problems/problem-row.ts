/** What a person can do next: repeat the request, go to the start page, or sign in anew. */
export type Way = 'retry' | 'home' | 'sign-in'

/** What is said of an answer that is not a success. */
export interface ProblemRow {
  readonly status: number
  readonly title: string
  /** What happened, in general terms: no detail of the inside, nothing that the request held. */
  readonly explanation: string
  readonly advice: string
  readonly ways: readonly Way[]
}
