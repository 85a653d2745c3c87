import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:tls'
import type { Logger } from 'pino'
import { pemFaults } from '../config/pem-faults.js'
import { reasonOf } from '../config/secret-files.js'
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

type Content = Certificate | { readonly fault: string }

/**
 * Follows the files of the listener's certificate: new connections get what they hold, without a restart; open ones stay
 * as they are. What is no certificate with its key changes nothing and is logged once.
 *
 * @returns what ends it
 */
export function followCertificateFiles(options: CertificateFilesOptions): () => void {
  const { files, certificate, logger, intervalMs } = options
  const server = speakingTls(options.server)

  function apply(content: Content): void {
    const usable = 'fault' in content ? content : fitFor(content)
    if ('fault' in usable) {
      const message = 'the TLS certificate cannot be used; the one before stays'
      logger.error({ certFile: files.certFile, reason: usable.fault }, message)
      return
    }
    server.setSecureContext(secureContextOf(usable))
    logger.info({ certFile: files.certFile, ...summaryOf(usable) }, 'certificate replaced')
  }

  return followContent<Content>({
    read: () => readNow(files),
    current: certificate,
    apply,
    onError: (error) => logger.error({ err: error }, 'certificate files'),
    intervalMs,
  })
}

function speakingTls(server: Server): TlsServer {
  if (server instanceof TlsServer) return server
  throw new TypeError('a certificate is for a server that speaks TLS')
}

function fitFor({ cert, key }: Certificate): Content {
  const [fault] = pemFaults({ certFile: cert, keyFile: key })
  return fault === undefined ? { cert, key } : { fault: fault.join(' ') }
}

/** What an operator wants to know of a good certificate. */
function summaryOf({ cert }: Certificate): { readonly names: string; readonly expires: string } {
  const { subjectAltName = '', subject, validTo } = new X509Certificate(cert)
  return { names: subjectAltName || subject, expires: new Date(validTo).toISOString() }
}

async function readNow({ certFile, keyFile }: TlsConfig): Promise<Content> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    return { cert, key }
  } catch (error) {
    return { fault: `a file cannot be read (${reasonOf(error)})` }
  }
}
