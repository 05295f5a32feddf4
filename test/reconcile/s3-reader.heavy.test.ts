import { spawnSync } from 'node:child_process'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRegistry } from '../../lab/registry.ts'
import { type LabRgw, startRgw } from '../../lab/rgw.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeS3Store } from '../../src/store/s3-store.ts'
import { ALLOW_FOREIGN } from './filled-registry.ts'
import { storageContract } from './storage-contract.ts'

const installed = spawnSync('radosgw', ['--version']).status === 0
const wanted = installed || process.env.LAB_S3 === '1'
if (!wanted)
  process.stderr.write(
    'Reading a registry in S3: skipped, because radosgw is not installed. As root on Debian, LAB_S3=1 installs it (710 MB).\n',
  )

describe.runIf(wanted)('a bucket of docker-registry 2.8 on Ceph', () => {
  const bucket = 'registry'
  let rgw: LabRgw
  const storeIn = (prefix: string) => {
    const { endpoint, region, credentials } = rgw
    return makeS3Store({ endpoint, region, credentials, bucket, prefix, forcePathStyle: true })
  }
  beforeAll(async () => {
    rgw = await startRgw()
    const { endpoint, region, credentials } = rgw
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    client.destroy()
  })
  afterAll(() => rgw?.close())

  storageContract(async () => {
    const { endpoint, region, credentials } = rgw
    const storage = `  s3:
    region: ${region}
    regionendpoint: ${endpoint}
    bucket: ${bucket}
    accesskey: ${credentials.accessKeyId}
    secretkey: ${credentials.secretAccessKey}
    secure: false
    rootdirectory: /below/this`
    return { registry: await startRegistry({ storage, extra: ALLOW_FOREIGN }), store: storeIn('below/this') }
  })

  it('fails its check where no registry stores anything', async () => {
    const reader = makeStorageReader({ store: storeIn('elsewhere'), place: 'the bucket registry' })
    await expect(reader.check()).rejects.toThrow(
      "no docker/registry/v2/repositories below the bucket registry: is this the registry's rootdirectory?",
    )
  })
})
