/**
 * An error with a stable code that logs, metrics, answers and docs share.
 *
 * `message` is for the log and may name details; it never holds a secret. What people and programs
 * outside get to read is chosen by code in `http/problem.ts`.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}
