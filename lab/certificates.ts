import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface LabCertificates {
  readonly folder: string
  /** The certificate of a CA of our own. */
  readonly ca: string
  /** Of a server at 127.0.0.1, signed by the CA, and its key. */
  readonly server: { cert: string; key: string }
  /** Of a client, signed by the CA, and its key. */
  readonly client: { cert: string; key: string }
  close(): Promise<void>
}

const run = promisify(execFile)
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']

/** Makes a CA and certificates with openssl, as files in PEM. */
export async function makeCertificates(): Promise<LabCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-certificates-'))
  const fileOf = (name: string) => join(folder, name)
  const pairOf = (name: string) => ({ cert: fileOf(`${name}.pem`), key: fileOf(`${name}.key`) })
  async function make(name: string, more: string[]) {
    const { cert, key } = pairOf(name)
    await run('openssl', [
      ...['req', '-x509', ...NEW_KEY, '-keyout', key, '-out', cert, '-subj', `/CN=lab ${name}`],
      ...more,
    ])
    return { cert, key }
  }
  const ca = await make('ca', [])
  const signed = ['-CA', ca.cert, '-CAkey', ca.key, '-addext', 'basicConstraints=critical,CA:FALSE']
  const server = await make('server', [...signed, '-addext', 'subjectAltName=IP:127.0.0.1'])
  const client = await make('client', signed)
  return { folder, ca: ca.cert, server, client, close: () => rm(folder, { recursive: true, force: true }) }
}
