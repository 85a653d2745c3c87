/** What the relying party needs of a logger; pino has it. */
export interface Logger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
