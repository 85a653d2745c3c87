import type { IncomingMessage } from 'node:http'

/** Whether a request says that a body follows its head (RFC 9112 §6.3). */
export const announcesBody = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
