import { generateKeyPairSync, sign } from 'node:crypto'
import { digestOf, type LabImage, OCI_MANIFEST } from '../lab/image.ts'

/** Who releases: the public key in PEM, and what signs an image. */
export interface Signer {
  publicKey: string
  /** A signature as cosign keeps it under the tag `sha256-<hex>.sig` (its SIGNATURE_SPEC.md, "Simple Signing"). */
  signatureOf(image: { name: string; digest: string }): LabImage
}

/** Makes a key pair of its own, ECDSA P-256, as `cosign generate-key-pair` does. */
export function makeSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signatureOf({ name, digest }) {
      const critical = {
        identity: { 'docker-reference': name },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      }
      const payload = Buffer.from(JSON.stringify({ critical, optional: null }))
      const signature = sign('sha256', payload, privateKey).toString('base64')
      const config = Buffer.from(
        '{"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":[]}}',
      )
      const body = {
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: part('application/vnd.oci.image.config.v1+json', config),
        layers: [
          {
            ...part('application/vnd.dev.cosign.simplesigning.v1+json', payload),
            annotations: { 'dev.cosignproject.cosign/signature': signature },
          },
        ],
      }
      const bytes = Buffer.from(JSON.stringify(body))
      const root = part(OCI_MANIFEST, bytes)
      return {
        root,
        manifests: new Map([[root.digest, { bytes, mediaType: OCI_MANIFEST }]]),
        blobs: new Map([config, payload].map((blob) => [digestOf(blob), blob])),
      }
    },
  }
}

const part = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})
