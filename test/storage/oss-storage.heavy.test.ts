import { randomUUID } from 'node:crypto'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeOssStorage, ossConnection } from '../../src/storage/oss-storage.ts'
import { BUCKET, hasS3, type S3Bed, startS3 } from '../store/s3-bed.ts'
import { registryStorageContract } from './contract.ts'
import { storageSurveyContract } from './survey-contract.ts'

const options = {
  ...{ bucket: 'images', accessKeyId: 'id', accessKeySecret: 'secret' },
  ...{ rootDirectory: '/all/', internal: false, secure: true },
}

it.each([
  [{ region: 'oss-cn-hangzhou' }, 'https://s3.oss-cn-hangzhou.aliyuncs.com'],
  [{ region: 'cn-hangzhou', internal: true }, 'https://s3.oss-cn-hangzhou-internal.aliyuncs.com'],
  [{ region: 'oss-eu-central-1', secure: false }, 'http://s3.oss-eu-central-1.aliyuncs.com'],
  [{ region: 'oss-cn-hangzhou', endpoint: 'https://oss.example.com' }, 'https://oss.example.com'],
])('%j is at %s', (given, endpoint) => {
  const { region, ...rest } = ossConnection({ ...options, ...given })
  expect(rest).toMatchObject({ endpoint, bucket: 'images', forcePathStyle: false })
  // The region in signatures is without the name of the service.
  expect(region).not.toMatch(/^oss-/)
})

describe.runIf(hasS3)('a registry in a bucket with a host of its own', () => {
  let s3: S3Bed
  const asked = new Set<string>()
  const { lookup } = dns
  beforeAll(async () => {
    s3 = await startS3()
    // No name server here knows the hosts of buckets.
    dns.lookup = ((host: string, ...rest: [never, never]) => {
      asked.add(host)
      return lookup(host.endsWith(HOST) ? '127.0.0.1' : host, ...rest)
    }) as typeof lookup
    syncBuiltinESMExports()
  })
  afterAll(async () => {
    dns.lookup = lookup
    syncBuiltinESMExports()
    await s3?.close()
  })

  async function open() {
    const rootDirectory = `/${randomUUID()}/`
    const { accessKeyId, secretAccessKey: accessKeySecret } = s3.options.credentials
    return {
      storage: makeOssStorage({
        ...{
          ...options,
          bucket: BUCKET,
          region: 'oss-us-east-1',
          accessKeyId,
          accessKeySecret,
          rootDirectory,
        },
        endpoint: s3.options.endpoint.replace('127.0.0.1', HOST),
      }),
      async put(key: string, Body: Buffer) {
        const Key = rootDirectory.slice(1) + key
        await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))
      },
    }
  }

  registryStorageContract(open)
  storageSurveyContract(open)

  it('each request went to the host of the bucket', () => {
    expect([...asked].filter((host) => host.endsWith(HOST))).toEqual([`${BUCKET}.${HOST}`])
  })
})

/** As lab/ceph-up.sh names the gateway. */
const HOST = 's3.lab.test'
