import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Files with a certificate and its key. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** An authority of its own, in a folder. */
export interface CertificateAuthority {
  readonly caFile: string
  issue(name: string, subjectAltName: string): Promise<CertificateFiles>
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Makes a private authority with the openssl command. */
export async function createAuthority(folder: string, id = 'ca'): Promise<CertificateAuthority> {
  const caFile = join(folder, `${id}.crt`)
  const caKey = join(folder, `${id}.key`)
  // prettier-ignore
  await run('openssl', ['req', '-x509', ...curve, '-keyout', caKey, '-out', caFile, '-days', '2', '-subj', `/CN=${id}`])
  return {
    caFile,
    async issue(name, subjectAltName) {
      const fileOf = (ending: string) => join(folder, `${name}.${ending}`)
      const [certFile, keyFile] = [fileOf('crt'), fileOf('key')]
      const [request, extensions] = [fileOf('csr'), fileOf('ext')]
      // prettier-ignore
      await run('openssl', ['req', ...curve, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`])
      await writeFile(extensions, `subjectAltName=${subjectAltName}\n`)
      // prettier-ignore
      await run('openssl', ['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-out', certFile, '-days', '2', '-extfile', extensions])
      return { certFile, keyFile }
    },
  }
}
