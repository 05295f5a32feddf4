import { randomUUID } from 'node:crypto'
import {
  CreateBucketCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ObjectLockLegalHoldStatus,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeS3Storage } from '../../../src/storage/s3-storage.ts'
import { makeS3Inspector } from '../../../src/storage/settings/s3-inspector.ts'
import { hasS3, type S3Bed, startS3 } from '../../store/s3-bed.ts'
import { BLOB, examine, fill } from './storage-bed.ts'

/** A bucket of today has this rule, so that no multipart upload stays. */
const ABORT: LifecycleRule = {
  ...{ ID: 'abort', Status: 'Enabled', Filter: { Prefix: '' } },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 8 },
}
const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  ...{ ID: 'r1', Status: 'Enabled', Filter: { Prefix: 'reg/' }, ...more },
})

describe.runIf(hasS3)('the doctor of a bucket of Ceph', () => {
  let s3: S3Bed
  beforeAll(async () => {
    s3 = await startS3()
  })
  afterAll(() => s3?.close())

  /** A bucket of its own with a registry at `reg`. */
  async function open(rules: LifecycleRule[] = [ABORT], isLocked: boolean | undefined = undefined) {
    const Bucket = `doctor-${randomUUID()}`
    await s3.client.send(
      new CreateBucketCommand({ Bucket, ...(isLocked && { ObjectLockEnabledForBucket: true }) }),
    )
    await lifecycle(Bucket, rules)
    const put = (key: string, Body: Buffer) =>
      s3.client.send(new PutObjectCommand({ Bucket, Key: `reg/${key}`, Body }))
    await fill(put)
    const examined = (prefix = 'reg') => {
      const options = { ...s3.options, bucket: Bucket, prefix }
      return examine('s3', makeS3Storage(options), makeS3Inspector(options))
    }
    /** All that the bucket has, also what is in no listing. */
    async function all() {
      const { Versions = [], DeleteMarkers = [] } = await s3.client.send(
        new ListObjectVersionsCommand({ Bucket }),
      )
      const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket }))
      return [...Versions, ...DeleteMarkers, ...Uploads].map(({ Key }) => Key)
    }
    return { Bucket, put, examined, all }
  }
  async function lifecycle(Bucket: string, Rules: LifecycleRule[]) {
    if (Rules.length > 0)
      await s3.client.send(
        new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
      )
  }
  const version = (Bucket: string, Status: 'Enabled' | 'Suspended') =>
    s3.client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))

  it('finds nothing in a healthy bucket, and leaves nothing behind', async () => {
    const { examined, all } = await open()
    const before = await all()
    const { short, facts } = await examined()
    expect(short).toEqual([])
    expect(facts.settings.may).toEqual({
      ...{ list: { value: true }, read: { value: true }, write: { value: true }, delete: { value: true } },
    })
    expect(facts.settings.clock).toMatchObject({ value: { theirs: expect.any(Number) } })
    expect(await all()).toEqual(before)
  })

  it.each<[string, LifecycleRule[], string[]]>([
    ['no rule', [], ['note multipart-uploads (certain)']],
    [
      'a rule that deletes',
      [ABORT, rule({ Expiration: { Days: 30 } })],
      ['error lifecycle-deletes (certain)'],
    ],
    ['a rule that is off', [ABORT, rule({ Expiration: { Days: 30 }, Status: 'Disabled' })], []],
    [
      'a rule for another prefix',
      [ABORT, rule({ Expiration: { Days: 30 }, Filter: { Prefix: 'regular/' } })],
      [],
    ],
    [
      'a rule by tags',
      [ABORT, rule({ Expiration: { Days: 30 }, Filter: { Tag: { Key: 'a', Value: 'b' } } })],
      ['warning lifecycle-deletes (likely)'],
    ],
    [
      'uploads aborted early',
      [rule({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })],
      ['note multipart-uploads (certain)'],
    ],
  ])('%s', async (_, rules, expected) => {
    const { examined } = await open(rules)
    expect((await examined()).short).toEqual(expected)
  })

  it('versions: on, with a rule for old ones, and suspended', async () => {
    const { Bucket, examined, all } = await open()
    await version(Bucket, 'Enabled')
    const before = await all()
    const { short, text } = await examined()
    expect(short).toEqual(['warning versioning (certain)', 'note permissions (not known)'])
    expect(text).toContain('a versioned bucket would keep a mark of the delete')
    expect(await all()).toEqual(before)
    await lifecycle(Bucket, [ABORT, rule({ ID: 'old', NoncurrentVersionExpiration: { NoncurrentDays: 3 } })])
    const cleaned = await examined()
    expect(cleaned.short).toContain('note versioning (certain)')
    expect(cleaned.text).toContain('the lifecycle rule old deletes them after 3 days')
    await version(Bucket, 'Suspended')
    expect((await examined()).text).toContain('versions of the bucket are suspended')
  })

  it('object lock: of the bucket, and of single objects', async () => {
    const { Bucket, examined, all } = await open([ABORT], true)
    expect((await examined()).short).toContain('note object-lock (certain)')
    await s3.client.send(
      new PutObjectLegalHoldCommand({
        ...{ Bucket, Key: `reg/${BLOB}`, LegalHold: { Status: ObjectLockLegalHoldStatus.ON } },
      }),
    )
    expect((await examined()).short).toContain('warning objects-held (certain)')
    const before = await all()
    await s3.client.send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: {
          ...{ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2 } } },
        },
      }),
    )
    const locked = await examined()
    expect(locked.short).toContain('warning object-lock (certain)')
    expect(locked.text).toContain('GOVERNANCE for 2 days')
    // What would be written could not be removed.
    expect(locked.facts.settings.may.write).toEqual({ unknown: expect.stringContaining('not tried') })
    expect(await all()).toEqual(before)
  })

  it('a login that may not see the settings, nor write', async () => {
    const { Bucket, examined } = await open([ABORT, rule({ Expiration: { Days: 30 } })])
    const Statement = [
      {
        ...{
          Effect: 'Deny',
          Principal: '*',
          Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
        },
        Action: ['s3:PutObject', 's3:DeleteObject', 's3:GetLifecycleConfiguration', 's3:GetBucketVersioning'],
      },
    ]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await s3.client.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    const { short, text } = await examined()
    expect(short[0]).toBe('error objects-expire (likely)')
    expect(short).toContain('note permissions (certain)')
    expect(short.filter((one) => one === 'note not-told (not known)').length).toBeGreaterThanOrEqual(2)
    expect(text).toContain('our login may not write')
    expect(text).toContain('s3:GetLifecycleConfiguration')
  })

  it('a login that may not read', async () => {
    const { Bucket, examined } = await open()
    const Statement = [
      { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
    ]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await s3.client.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    const { short, text } = await examined()
    expect(short[0]).toBe('error permissions (certain)')
    expect(text).toContain('cannot be read')
  })

  it('says where the registry is instead, and knows a bucket that is missing', async () => {
    const { examined } = await open()
    const wrong = await examined('')
    expect(wrong.short[0]).toBe('error no-registry-here (certain)')
    expect(wrong.text).toContain("prefix: 'reg'. There is one")
    const options = { ...s3.options, bucket: 'missing', prefix: '' }
    const missing = await examine('s3', makeS3Storage(options), makeS3Inspector(options))
    expect(missing.short[0]).toBe('error permissions (certain)')
    expect(missing.text).toContain('NoSuchBucket')
  })
})
