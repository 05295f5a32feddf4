import { generateKeyPairSync, sign } from 'node:crypto'
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { BUNDLE, IN_TOTO, preAuthEncoding, sha256 } from './make-bundle.ts'

/** The extension in which a certificate names who issued the token of its owner (Fulcio, "oid-info"). */
const ISSUER = '1.3.6.1.4.1.57264.1.8'
const REKOR = 'https://rekor.example.com'

/** What the log answers (Rekor, openapi.yaml, `LogEntry`). */
interface LogEntry {
  body: string
  integratedTime: number
  logID: string
  logIndex: number
  verification: {
    inclusionProof: { checkpoint: string; logIndex: number; rootHash: string; treeSize: number }
    signedEntryTimestamp: string
  }
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/**
 * A sigstore of a test: a CA, a log of certificates and a log of signatures, whose clocks stand at `at`. With another `clock`
 * of the signatures' log, certificates are used when they are not valid.
 */
export async function makeOwnSigstore({ at, signedAt = at }: { at: Date; signedAt?: Date }) {
  const ctLog = await initializeCTLog(newKeys(), at)
  const ca = await initializeCA(newKeys(), ctLog, at)
  const tlog = await initializeTLog(REKOR, newKeys(), signedAt)
  const validFor = { start: new Date(0) }
  const logOf = (publicKey: Buffer, keyId: Buffer, baseUrl: string) => ({
    ...{ baseUrl, hashAlgorithm: 1, logId: { keyId }, checkpointKeyId: undefined, operator: '' },
    publicKey: { rawBytes: publicKey, keyDetails: 5, validFor },
  })
  const bytesOf = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength)
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(tlog.publicKey, sha256(tlog.publicKey), REKOR)],
    certificateAuthorities: [
      {
        ...{ subject: undefined, uri: '', operator: '', validFor },
        certChain: { certificates: [{ rawBytes: bytesOf(ca.rootCertificate) }] },
      },
    ],
    ctlogs: [logOf(ctLog.publicKey, bytesOf(ctLog.logID), 'https://ctfe.example.com')],
    timestampAuthorities: [],
  }

  return {
    /** What trusts it, as JSON. */
    trustedRoot: JSON.stringify(TrustedRoot.toJSON(root as TrustedRoot)),

    /** A bundle of a statement, signed by who has such an identity. `change` replaces parts of the verification material. */
    async sign(
      statement: unknown,
      identity: { issuer: string; subject: string },
      change: (material: Record<string, unknown>) => object = () => ({}),
    ): Promise<Buffer> {
      const keys = newKeys()
      const certificate = await ca.issueCertificate({
        publicKey: Buffer.from(keys.publicKey.export({ type: 'spki', format: 'der' })),
        subjectAltName: identity.subject,
        extensions: [{ oid: ISSUER, value: identity.issuer }],
      })
      const payload = Buffer.from(JSON.stringify(statement))
      const sig = sign('sha256', preAuthEncoding(IN_TOTO, payload), keys.privateKey).toString('base64')
      const entries: unknown = await tlog.log({
        ...{ kind: 'dsse', apiVersion: '0.0.1' },
        spec: {
          signatures: [{ signature: sig, verifier: '' }],
          payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
        },
      })
      const [entry] = Object.values(entries as Record<string, LogEntry>)
      const { inclusionProof: proof, signedEntryTimestamp } = entry?.verification ?? {}
      const material = {
        certificate: { rawBytes: bytesOf(certificate).toString('base64') },
        tlogEntries: [
          {
            logIndex: String(entry?.logIndex),
            logId: { keyId: Buffer.from(entry?.logID ?? '', 'hex').toString('base64') },
            kindVersion: { kind: 'dsse', version: '0.0.1' },
            integratedTime: String(entry?.integratedTime),
            inclusionPromise: { signedEntryTimestamp },
            inclusionProof: {
              logIndex: String(proof?.logIndex),
              rootHash: Buffer.from(proof?.rootHash ?? '', 'hex').toString('base64'),
              treeSize: String(proof?.treeSize),
              hashes: [],
              checkpoint: { envelope: proof?.checkpoint },
            },
            canonicalizedBody: entry?.body,
          },
        ],
      }
      return Buffer.from(
        JSON.stringify({
          mediaType: BUNDLE,
          verificationMaterial: { ...material, ...change(material) },
          dsseEnvelope: {
            payload: payload.toString('base64'),
            payloadType: IN_TOTO,
            signatures: [{ sig }],
          },
        }),
      )
    },
  }
}
