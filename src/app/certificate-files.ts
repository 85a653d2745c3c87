import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:tls'
import type { Logger } from 'pino'
import type { Parsed } from '../config/parsed.js'
import { pemFaults } from '../config/pem-faults.js'
import type { TlsConfig } from '../config/schema.js'
import { type Certificate, secureContextOf } from '../http/listener.js'
import { followContent } from './follow-content.js'

export function readCertificate({ certFile, keyFile }: TlsConfig): Certificate {
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}

export interface CertificateFilesOptions {
  readonly files: TlsConfig
  readonly server: Server
  /** With what the server speaks TLS. */
  readonly certificate: Certificate
  readonly logger: Pick<Logger, 'info' | 'error'>
  readonly intervalMs?: number
}

/**
 * Follows the files of the listener's certificate: new connections get what they hold, without a restart; open ones stay
 * as they are. What is no certificate with its key changes nothing and is logged once.
 *
 * @returns what ends it
 */
export function followCertificateFiles(options: CertificateFilesOptions): () => void {
  const { files, certificate, logger, intervalMs } = options
  const { certFile, keyFile } = files
  const server = speakingTls(options.server)
  return followContent<Certificate>({
    files: [certFile, keyFile],
    parse: ([cert = '', key = '']) => fitFor({ cert, key }),
    current: certificate,
    apply(fit) {
      server.setSecureContext(secureContextOf(fit))
      logger.info({ certFile, ...summaryOf(fit) }, 'certificate replaced')
    },
    onFault(reason) {
      const message = 'the TLS certificate cannot be used; the one before stays'
      logger.error({ certFile, reason }, message)
    },
    onError: (error) => logger.error({ err: error }, 'certificate files'),
    intervalMs,
  })
}

function speakingTls(server: Server): TlsServer {
  if (server instanceof TlsServer) return server
  throw new TypeError('a certificate is for a server that speaks TLS')
}

function fitFor({ cert, key }: Certificate): Parsed<Certificate> {
  const [fault] = pemFaults({ certFile: cert, keyFile: key })
  return fault === undefined ? { content: { cert, key } } : { fault: fault.join(' ') }
}

/** What an operator wants to know of a good certificate. */
function summaryOf({ cert }: Certificate): { readonly names: string; readonly expires: string } {
  const { subjectAltName = '', subject, validTo } = new X509Certificate(cert)
  return { names: subjectAltName || subject, expires: new Date(validTo).toISOString() }
}
