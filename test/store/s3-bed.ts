import { spawnSync } from 'node:child_process'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { startRgw } from '../../lab/rgw.ts'
import type { S3StoreOptions } from '../../src/store/s3-client.ts'
import { makeS3Store } from '../../src/store/s3-store.ts'

/** Whether tests may use S3: radosgw is installed, or LAB_S3=1 lets `startRgw` install it. */
export const hasS3 = process.env.LAB_S3 === '1' || spawnSync('radosgw', ['--version']).status === 0
if (!hasS3)
  process.stderr.write(
    'S3 tests are skipped: radosgw is not installed. As root on Debian, LAB_S3=1 installs it (710 MB).\n',
  )

export const BUCKET = 'tallyman'

/** A Ceph RADOS Gateway with an empty bucket. Without the packages it takes minutes. */
export async function startS3() {
  const rgw = await startRgw()
  const { endpoint, region, credentials } = rgw
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  const base = { endpoint, region, credentials, bucket: BUCKET, prefix: '', forcePathStyle: true }
  return {
    client,
    options: base,
    makeStore: (options: Partial<S3StoreOptions> = {}) => makeS3Store({ ...base, ...options }),
    close: () => rgw.close(),
  }
}
export type S3Bed = Awaited<ReturnType<typeof startS3>>
